"""Parties and accounts: found by id, phone, name or mark, each through an index.

Who sees all of a tenant is shown what all clients have told together; a client what it
has told itself, and what those have told that share the customer with it.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, select
from sqlalchemy.orm import Session

from services.customer.domain.party import Account, Party
from services.customer.domain.telling import (
    Telling,
    category_of,
    party_of,
)
from services.customer.store.rows import columns_of, names_of
from services.customer.tables import AccountTellingRow, PartyRow, TellingRow
from shared.access.grants import within
from shared.access.rule import Reach
from shared.errors import NotFoundError
from shared.persistence.list_window import Window, page_of

AFTER_ALL = "\U0010ffff"
"""Sorts after every character, so that what begins with a text is a range of an index."""

PARTY = [*columns_of(PartyRow, Party), *(PartyRow.category_mark, PartyRow.kind, PartyRow.kind_mark)]
TELLING = [*columns_of(TellingRow, Telling), PartyRow.erased_at]
TOLD_PARTY = and_(PartyRow.tenant == TellingRow.tenant, PartyRow.party_id == TellingRow.party_id)
ACCOUNT = columns_of(AccountTellingRow, Account)


def party(session: Session, reach: Reach, party_id: str) -> Party:
    """Return one party as far as the caller may know it, as it was last committed.

    Raises:
        NotFoundError: if there is none, or none for this caller.
    """
    if reach.is_whole:
        found = session.execute(select(*PARTY).where(*_is(reach.tenant, party_id))).one_or_none()
        parties = [_whole(found)] if found else []
    else:
        parties = _told(session, reach, [party_id])
    if not parties:
        raise unknown_customer(party_id)
    return parties[0]


def _told(session: Session, reach: Reach, party_ids: Collection[str]) -> list[Party]:
    """Return these parties as the clients within reach have told them, in the order asked."""
    found = (
        select(*TELLING)
        .join(PartyRow, TOLD_PARTY)
        .where(
            TellingRow.tenant == reach.tenant,
            TellingRow.party_id.in_(party_ids),
            within(reach, TellingRow.client, TellingRow.party_id),
        )
    )
    tellings: dict[str, list[Telling]] = defaultdict(list)
    erased: dict[str, datetime | None] = {}
    for row in session.execute(found):
        tellings[row.party_id].append(Telling(*row[:-1]))
        erased[row.party_id] = row.erased_at
    return [party_of(tellings[each], erased[each]) for each in party_ids if each in tellings]


def _whole(row: Row[Any]) -> Party:
    """Return the party in a row of what all clients told."""
    fields = dict(zip(names_of(Party), row, strict=False))
    fields["category"] = category_of(row.category, row.category_mark, row.kind, row.kind_mark)
    return Party(**fields)


def own_identity_number(session: Session, reach: Reach, party_id: str) -> str:
    """Return the identity number that the caller's own client told of a party, or nothing.

    Nothing for who sees the whole tenant as well: staff see it as staff, not as a client.
    """
    told = select(TellingRow.identity_number).where(
        TellingRow.tenant == reach.tenant,
        TellingRow.party_id == party_id,
        TellingRow.client == reach.client,
    )
    return "" if reach.is_whole else session.scalar(told) or ""


def get_party(session: Session, tenant: str, party_id: str) -> Party:
    """Return one party as all clients told it, locked until the transaction ends.

    Raises:
        NotFoundError: if there is none.
    """
    this = select(*PARTY).where(*_is(tenant, party_id)).with_for_update()
    row = session.execute(this).one_or_none()
    if row is None:
        raise unknown_customer(party_id)
    return _whole(row)


def unknown_customer(party_id: str) -> NotFoundError:
    """Return the error for a customer of whom no order was accepted."""
    return NotFoundError(
        f"no order of customer {party_id} was accepted here",
        remedy="check the id; a customer is known from the first accepted order on",
    )


def accounts_of(session: Session, reach: Reach, party_id: str, rows: Window) -> list[str]:
    """Return the ids of one party's accounts that are within reach, in their order."""
    mine = AccountTellingRow.tenant == reach.tenant, AccountTellingRow.party_id == party_id
    visible = within(reach, AccountTellingRow.client, AccountTellingRow.party_id)
    found = select(AccountTellingRow.account_id).where(*mine, visible).distinct()
    return list(session.scalars(page_of(found, [AccountTellingRow.account_id], rows)))


def owners_of(
    session: Session, reach: Reach, account_ids: Collection[str]
) -> dict[str, list[Party]]:
    """Return whose these accounts are, within reach: one customer each, or more by mistake."""
    table = AccountTellingRow
    these = table.tenant == reach.tenant, table.account_id.in_(account_ids)
    visible = within(reach, table.client, table.party_id)
    pairs = select(table.account_id, table.party_id).where(*these, visible).distinct()
    found = session.execute(pairs.order_by(table.account_id, table.party_id)).all()
    ids = list({party_id for _, party_id in found})
    known = {each.party_id: each for each in parties_of(session, reach, ids)}
    owners: dict[str, list[Party]] = defaultdict(list)
    for account_id, party_id in found:
        if party_id in known:
            owners[account_id].append(known[party_id])
    return owners


def parties_of(session: Session, reach: Reach, party_ids: Collection[str]) -> list[Party]:
    """Return these parties as far as they are within reach."""
    if not reach.is_whole:
        return _told(session, reach, party_ids)
    these = select(*PARTY).where(PartyRow.tenant == reach.tenant, PartyRow.party_id.in_(party_ids))
    return [_whole(row) for row in session.execute(these)]


def unknown_account(account_id: str) -> NotFoundError:
    """Return the error for an account that no accepted order names."""
    msg = f"no accepted order names account {account_id}"
    return NotFoundError(msg, remedy="check the account's id")


def by_phone(session: Session, reach: Reach, phone: str, rows: Window) -> list[Party]:
    """Return the parties within reach with the phone number of this key, by id."""
    if not reach.is_whole:
        return _told(session, reach, _told_with_phone(session, reach, phone, rows))
    found = select(*PARTY).where(
        PartyRow.tenant == reach.tenant, PartyRow.phone_key != "", PartyRow.phone_key == phone
    )
    return _parties(session, page_of(found, [PartyRow.party_id], rows))


def _told_with_phone(session: Session, reach: Reach, phone: str, rows: Window) -> list[str]:
    found = (
        select(TellingRow.party_id)
        .where(
            TellingRow.tenant == reach.tenant,
            TellingRow.phone_key != "",
            TellingRow.phone_key == phone,
            within(reach, TellingRow.client, TellingRow.party_id),
        )
        .distinct()
    )
    return list(session.scalars(page_of(found, [TellingRow.party_id], rows)))


def by_name(session: Session, tenant: str, beginning: str, rows: Window) -> list[Party]:
    """Return the parties whose name, as it is compared, begins so, by name."""
    found = select(*PARTY).where(
        PartyRow.tenant == tenant,
        PartyRow.name_key != "",
        PartyRow.name_key >= beginning,
        PartyRow.name_key < beginning + AFTER_ALL,
    )
    return _parties(session, page_of(found, [PartyRow.name_key, PartyRow.party_id], rows))


def recognised(session: Session, party: Party, marks: Collection[str], limit: int) -> list[str]:
    """Return the ids of other parties, erased ones, that bear one of these marks."""
    found = select(PartyRow.party_id).where(
        PartyRow.tenant == party.tenant,
        PartyRow.person_mark != "",
        PartyRow.person_mark.in_(marks),
        PartyRow.party_id != party.party_id,
    )
    return list(session.scalars(found.order_by(PartyRow.party_id).limit(limit)))


def _parties(session: Session, these: Select[Any]) -> list[Party]:
    return [_whole(row) for row in session.execute(these)]


def _is(tenant: str, party_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return PartyRow.tenant == tenant, PartyRow.party_id == party_id
