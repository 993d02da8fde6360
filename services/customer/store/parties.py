"""Parties and accounts: found by id, phone, name or mark, each through an index."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Exists, Select, exists, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import SQLCoreOperations

from services.customer.domain.party import Account, Party
from services.customer.store.rows import columns_of, names_of
from services.customer.tables import AccountRow, OrderRow, PartyRow
from shared.errors import NotFoundError

AFTER_ALL = "\U0010ffff"
"""Sorts after every character, so that what begins with a text is a range of an index."""

PARTY = columns_of(PartyRow, Party)
ACCOUNT = columns_of(AccountRow, Account)


def party(session: Session, tenant: str, party_id: str) -> Party:
    """Return one party as it was last committed.

    Raises:
        NotFoundError: if there is none.
    """
    row = session.execute(select(*PARTY).where(*_is(tenant, party_id))).one_or_none()
    if row is None:
        raise unknown_customer(party_id)
    return Party(*row)


def get_party(session: Session, tenant: str, party_id: str) -> Party:
    """Return one party, locked until the transaction ends.

    Raises:
        NotFoundError: if there is none.
    """
    this = select(*PARTY).where(*_is(tenant, party_id)).with_for_update()
    row = session.execute(this).one_or_none()
    if row is None:
        raise unknown_customer(party_id)
    return Party(*row)


def erase(session: Session, erased: Party) -> None:
    """Write an erased party over what was there."""
    row = {name: getattr(erased, name) for name in names_of(Party)}
    session.execute(update(PartyRow).where(*_is(erased.tenant, erased.party_id)).values(row))


def unknown_customer(party_id: str) -> NotFoundError:
    """Return the error for a customer of whom no order was accepted."""
    return NotFoundError(
        f"no order of customer {party_id} was accepted here",
        remedy="check the id; a customer is known from the first accepted order on",
    )


def has_ordered(session: Session, tenant: str, party_id: str, client: str) -> bool:
    """Tell whether this client of the API has placed an order for this party."""
    return bool(session.scalar(select(_orders(tenant, party_id, client))))


def _orders(
    tenant: str | SQLCoreOperations[str], party_id: str | SQLCoreOperations[str], client: str
) -> Exists:
    return exists().where(
        OrderRow.tenant == tenant, OrderRow.party_id == party_id, OrderRow.client == client
    )


def accounts_of(session: Session, party: Party, rows: range) -> list[Account]:
    """Return the accounts of one party, by id."""
    mine = AccountRow.tenant == party.tenant, AccountRow.party_id == party.party_id
    found = select(*ACCOUNT).where(*mine).order_by(AccountRow.account_id)
    these = found.offset(rows.start).limit(len(rows))
    return [Account(*row) for row in session.execute(these)]


def account(session: Session, tenant: str, account_id: str) -> Account:
    """Return one account.

    Raises:
        NotFoundError: if there is none.
    """
    this = AccountRow.tenant == tenant, AccountRow.account_id == account_id
    row = session.execute(select(*ACCOUNT).where(*this)).one_or_none()
    if row is None:
        raise unknown_account(account_id)
    return Account(*row)


def unknown_account(account_id: str) -> NotFoundError:
    """Return the error for an account that no accepted order names."""
    msg = f"no accepted order names account {account_id}"
    return NotFoundError(msg, remedy="check the account's id")


def by_phone(
    session: Session, tenant: str, phones: Collection[str], rows: range, client: str | None = None
) -> list[Party]:
    """Return the parties with one of these phone numbers, by number.

    Those only that `client` has ordered for; None for all.
    """
    found = select(*PARTY).where(
        PartyRow.tenant == tenant, PartyRow.phone != "", PartyRow.phone.in_(phones)
    )
    if client is not None:
        found = found.where(_orders(PartyRow.tenant, PartyRow.party_id, client))
    return _parties(session, found.order_by(PartyRow.phone, PartyRow.party_id), rows)


def by_name(session: Session, tenant: str, beginning: str, rows: range) -> list[Party]:
    """Return the parties whose name begins so, by name."""
    found = select(*PARTY).where(
        PartyRow.tenant == tenant,
        PartyRow.name != "",
        PartyRow.name >= beginning,
        PartyRow.name < beginning + AFTER_ALL,
    )
    return _parties(session, found.order_by(PartyRow.name, PartyRow.party_id), rows)


def recognised(session: Session, party: Party, marks: Collection[str], limit: int) -> list[str]:
    """Return the ids of other parties, erased ones, that bear one of these marks."""
    found = select(PartyRow.party_id).where(
        PartyRow.tenant == party.tenant,
        PartyRow.person_mark != "",
        PartyRow.person_mark.in_(marks),
        PartyRow.party_id != party.party_id,
    )
    return list(session.scalars(found.order_by(PartyRow.party_id).limit(limit)))


def _parties(session: Session, found: Select[Any], rows: range) -> list[Party]:
    these = found.offset(rows.start).limit(len(rows))
    return [Party(*row) for row in session.execute(these)]


def _is(tenant: str, party_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return PartyRow.tenant == tenant, PartyRow.party_id == party_id
