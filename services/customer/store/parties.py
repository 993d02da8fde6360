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

from services.customer.domain.parties.party import Account, Party
from services.customer.domain.parties.source_record import (
    PartySourceRecord,
    party_from_sources,
    resolve_category,
)
from services.customer.store.columns import columns_for, field_names
from services.customer.tables import AccountSourceRow, PartyRow, PartySourceRow
from shared.access.access_rule import DataScope
from shared.access.grants import access_condition
from shared.errors import NotFoundError
from shared.persistence.list_window import Window, select_page

MAX_CHARACTER = "\U0010ffff"
"""Sorts after every character, so that what begins with a text is a range of an index."""

PARTY_COLUMNS = [
    *columns_for(PartyRow, Party),
    *(PartyRow.category_mark, PartyRow.kind, PartyRow.kind_mark),
]
SOURCE_COLUMNS = [*columns_for(PartySourceRow, PartySourceRecord), PartyRow.erased_at]
PARTY_OF_SOURCE = and_(
    PartyRow.tenant == PartySourceRow.tenant, PartyRow.party_id == PartySourceRow.party_id
)
ACCOUNT_COLUMNS = columns_for(AccountSourceRow, Account)


def get_party(session: Session, data_scope: DataScope, party_id: str) -> Party:
    """Return one party as far as the caller may know it, as it was last committed.

    Raises:
        NotFoundError: if there is none, or none for this caller.
    """
    if data_scope.is_tenant_wide:
        found = session.execute(
            select(*PARTY_COLUMNS).where(*_is_party(data_scope.tenant, party_id))
        ).one_or_none()
        parties = [_merged_party(found)] if found else []
    else:
        parties = _parties_from_sources(session, data_scope, [party_id])
    if not parties:
        raise customer_not_found(party_id)
    return parties[0]


def _parties_from_sources(
    session: Session, data_scope: DataScope, party_ids: Collection[str]
) -> list[Party]:
    """Return these parties as the clients within reach have told them, in the order asked."""
    found = (
        select(*SOURCE_COLUMNS)
        .join(PartyRow, PARTY_OF_SOURCE)
        .where(
            PartySourceRow.tenant == data_scope.tenant,
            PartySourceRow.party_id.in_(party_ids),
            access_condition(data_scope, PartySourceRow.client, PartySourceRow.party_id),
        )
    )
    tellings: dict[str, list[PartySourceRecord]] = defaultdict(list)
    erased: dict[str, datetime | None] = {}
    for row in session.execute(found):
        tellings[row.party_id].append(PartySourceRecord(*row[:-1]))
        erased[row.party_id] = row.erased_at
    return [
        party_from_sources(tellings[each], erased[each]) for each in party_ids if each in tellings
    ]


def _merged_party(row: Row[Any]) -> Party:
    """Return the party in a row of what all clients told."""
    fields = dict(zip(field_names(Party), row, strict=False))
    fields["category"] = resolve_category(row.category, row.category_mark, row.kind, row.kind_mark)
    return Party(**fields)


def own_identity_number(session: Session, data_scope: DataScope, party_id: str) -> str:
    """Return the identity number that the caller's own client told of a party, or nothing.

    Nothing for who sees the whole tenant as well: staff see it as staff, not as a client.
    """
    told = select(PartySourceRow.identity_number).where(
        PartySourceRow.tenant == data_scope.tenant,
        PartySourceRow.party_id == party_id,
        PartySourceRow.client == data_scope.client,
    )
    return "" if data_scope.is_tenant_wide else session.scalar(told) or ""


def get_party_for_update(session: Session, tenant: str, party_id: str) -> Party:
    """Return one party as all clients told it, locked until the transaction ends.

    Raises:
        NotFoundError: if there is none.
    """
    this = select(*PARTY_COLUMNS).where(*_is_party(tenant, party_id)).with_for_update()
    row = session.execute(this).one_or_none()
    if row is None:
        raise customer_not_found(party_id)
    return _merged_party(row)


def customer_not_found(party_id: str) -> NotFoundError:
    """Return the error for a customer of whom no order was accepted."""
    return NotFoundError(
        f"no order of customer {party_id} was accepted here",
        remedy="check the id; a customer is known from the first accepted order on",
    )


def find_account_ids(
    session: Session, data_scope: DataScope, party_id: str, rows: Window
) -> list[str]:
    """Return the ids of one party's accounts that are within reach, in their order."""
    mine = AccountSourceRow.tenant == data_scope.tenant, AccountSourceRow.party_id == party_id
    visible = access_condition(data_scope, AccountSourceRow.client, AccountSourceRow.party_id)
    found = select(AccountSourceRow.account_id).where(*mine, visible).distinct()
    return list(session.scalars(select_page(found, [AccountSourceRow.account_id], rows)))


def find_account_owners(
    session: Session, data_scope: DataScope, account_ids: Collection[str]
) -> dict[str, list[Party]]:
    """Return whose these accounts are, within reach: one customer each, or more by mistake."""
    table = AccountSourceRow
    these = table.tenant == data_scope.tenant, table.account_id.in_(account_ids)
    visible = access_condition(data_scope, table.client, table.party_id)
    pairs = select(table.account_id, table.party_id).where(*these, visible).distinct()
    found = session.execute(pairs.order_by(table.account_id, table.party_id)).all()
    ids = list({party_id for _, party_id in found})
    known = {each.party_id: each for each in find_parties(session, data_scope, ids)}
    owners: dict[str, list[Party]] = defaultdict(list)
    for account_id, party_id in found:
        if party_id in known:
            owners[account_id].append(known[party_id])
    return owners


def find_parties(
    session: Session, data_scope: DataScope, party_ids: Collection[str]
) -> list[Party]:
    """Return these parties as far as they are within reach."""
    if not data_scope.is_tenant_wide:
        return _parties_from_sources(session, data_scope, party_ids)
    these = select(*PARTY_COLUMNS).where(
        PartyRow.tenant == data_scope.tenant, PartyRow.party_id.in_(party_ids)
    )
    return [_merged_party(row) for row in session.execute(these)]


def account_not_found(account_id: str) -> NotFoundError:
    """Return the error for an account that no accepted order names."""
    msg = f"no accepted order names account {account_id}"
    return NotFoundError(msg, remedy="check the account's id")


def find_by_phone(session: Session, data_scope: DataScope, phone: str, rows: Window) -> list[Party]:
    """Return the parties within reach with the phone number of this key, by id."""
    if not data_scope.is_tenant_wide:
        return _parties_from_sources(
            session, data_scope, _ids_with_phone(session, data_scope, phone, rows)
        )
    found = select(*PARTY_COLUMNS).where(
        PartyRow.tenant == data_scope.tenant, PartyRow.phone_key != "", PartyRow.phone_key == phone
    )
    return _read_merged_parties(session, select_page(found, [PartyRow.party_id], rows))


def _ids_with_phone(session: Session, data_scope: DataScope, phone: str, rows: Window) -> list[str]:
    found = (
        select(PartySourceRow.party_id)
        .where(
            PartySourceRow.tenant == data_scope.tenant,
            PartySourceRow.phone_key != "",
            PartySourceRow.phone_key == phone,
            access_condition(data_scope, PartySourceRow.client, PartySourceRow.party_id),
        )
        .distinct()
    )
    return list(session.scalars(select_page(found, [PartySourceRow.party_id], rows)))


def find_by_name(session: Session, tenant: str, beginning: str, rows: Window) -> list[Party]:
    """Return the parties whose name, as it is compared, begins so, by name."""
    found = select(*PARTY_COLUMNS).where(
        PartyRow.tenant == tenant,
        PartyRow.name_key != "",
        PartyRow.name_key >= beginning,
        PartyRow.name_key < beginning + MAX_CHARACTER,
    )
    return _read_merged_parties(
        session, select_page(found, [PartyRow.name_key, PartyRow.party_id], rows)
    )


def find_erased_by_mark(
    session: Session, party: Party, marks: Collection[str], limit: int
) -> list[str]:
    """Return the ids of other parties, erased ones, that bear one of these marks."""
    found = select(PartyRow.party_id).where(
        PartyRow.tenant == party.tenant,
        PartyRow.person_mark != "",
        PartyRow.person_mark.in_(marks),
        PartyRow.party_id != party.party_id,
    )
    return list(session.scalars(found.order_by(PartyRow.party_id).limit(limit)))


def _read_merged_parties(session: Session, these: Select[Any]) -> list[Party]:
    return [_merged_party(row) for row in session.execute(these)]


def _is_party(tenant: str, party_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return PartyRow.tenant == tenant, PartyRow.party_id == party_id
