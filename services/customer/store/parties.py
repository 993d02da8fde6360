"""Reads parties and accounts by id, phone, name or person mark, each through an index.

A caller with a tenant-wide scope sees the merged data of all clients; a client sees what it
reported itself, and what clients reported that share the customer with it.
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
from shared.persistence.pagination import Window, select_page

MAX_CHARACTER = "\U0010ffff"
"""Sorts after every character, so that a prefix is a range of an index."""

PARTY_COLUMNS = [
    *columns_for(PartyRow, Party),
    *(PartyRow.category_mark, PartyRow.kind, PartyRow.kind_mark),
]
SOURCE_COLUMNS = [*columns_for(PartySourceRow, PartySourceRecord), PartyRow.erased_at]
PARTY_OF_SOURCE = and_(
    PartyRow.tenant == PartySourceRow.tenant, PartyRow.party_id == PartySourceRow.party_id
)
ACCOUNT_COLUMNS = columns_for(AccountSourceRow, Account)


def find_party(session: Session, data_scope: DataScope, party_id: str) -> Party | None:
    """Return one party as far as the data scope allows, as it was last committed; None if none."""
    if data_scope.is_tenant_wide:
        found = session.execute(
            select(*PARTY_COLUMNS).where(*_is_party(data_scope.tenant, party_id))
        ).one_or_none()
        return _merged_party(found) if found else None
    return next(iter(_parties_from_sources(session, data_scope, [party_id])), None)


def _parties_from_sources(
    session: Session, data_scope: DataScope, party_ids: Collection[str]
) -> list[Party]:
    """Return these parties from the source records in the data scope, in the order of the ids."""
    found = (
        select(*SOURCE_COLUMNS)
        .join(PartyRow, PARTY_OF_SOURCE)
        .where(
            PartySourceRow.tenant == data_scope.tenant,
            PartySourceRow.party_id.in_(party_ids),
            access_condition(data_scope, PartySourceRow.client, PartySourceRow.party_id),
        )
    )
    records: dict[str, list[PartySourceRecord]] = defaultdict(list)
    erased_at: dict[str, datetime | None] = {}
    for row in session.execute(found):
        records[row.party_id].append(PartySourceRecord(*row[:-1]))
        erased_at[row.party_id] = row.erased_at
    return [
        party_from_sources(records[each], erased_at[each]) for each in party_ids if each in records
    ]


def _merged_party(row: Row[Any]) -> Party:
    """Return the party from a row with the merged data of all clients."""
    fields = dict(zip(field_names(Party), row, strict=False))
    fields["category"] = resolve_category(row.category, row.category_mark, row.kind, row.kind_mark)
    return Party(**fields)


def identity_number_reported_by_client(
    session: Session, data_scope: DataScope, party_id: str
) -> str:
    """Return the identity number that the caller's own client reported; else an empty text.

    Also empty for a tenant-wide scope: staff are no client.
    """
    reported = select(PartySourceRow.identity_number).where(
        PartySourceRow.tenant == data_scope.tenant,
        PartySourceRow.party_id == party_id,
        PartySourceRow.client == data_scope.client,
    )
    return "" if data_scope.is_tenant_wide else session.scalar(reported) or ""


def find_party_for_update(session: Session, tenant: str, party_id: str) -> Party | None:
    """Return one party with the merged data of all clients, locked until the transaction ends."""
    found = select(*PARTY_COLUMNS).where(*_is_party(tenant, party_id)).with_for_update()
    row = session.execute(found).one_or_none()
    return _merged_party(row) if row else None


def find_account_ids(
    session: Session, data_scope: DataScope, party_id: str, window: Window
) -> list[str]:
    """Return the ids of one party's accounts in the data scope, sorted."""
    of_party = AccountSourceRow.tenant == data_scope.tenant, AccountSourceRow.party_id == party_id
    visible = access_condition(data_scope, AccountSourceRow.client, AccountSourceRow.party_id)
    found = select(AccountSourceRow.account_id).where(*of_party, visible).distinct()
    return list(session.scalars(select_page(found, [AccountSourceRow.account_id], window)))


def find_account_owners(
    session: Session, data_scope: DataScope, account_ids: Collection[str]
) -> dict[str, list[Party]]:
    """Return the owners of these accounts in the data scope: one each, or more by mistake."""
    table = AccountSourceRow
    named = table.tenant == data_scope.tenant, table.account_id.in_(account_ids)
    visible = access_condition(data_scope, table.client, table.party_id)
    pairs = select(table.account_id, table.party_id).where(*named, visible).distinct()
    found = session.execute(pairs.order_by(table.account_id, table.party_id)).all()
    ids = list({party_id for _, party_id in found})
    parties = {each.party_id: each for each in find_parties(session, data_scope, ids)}
    owners: dict[str, list[Party]] = defaultdict(list)
    for account_id, party_id in found:
        if party_id in parties:
            owners[account_id].append(parties[party_id])
    return owners


def find_parties(
    session: Session, data_scope: DataScope, party_ids: Collection[str]
) -> list[Party]:
    """Return those of these parties that are in the data scope."""
    if not data_scope.is_tenant_wide:
        return _parties_from_sources(session, data_scope, party_ids)
    found = select(*PARTY_COLUMNS).where(
        PartyRow.tenant == data_scope.tenant, PartyRow.party_id.in_(party_ids)
    )
    return _read_merged_parties(session, found)


def find_by_phone(
    session: Session, data_scope: DataScope, phone: str, window: Window
) -> list[Party]:
    """Return the parties in the data scope with this phone key, by id."""
    if not data_scope.is_tenant_wide:
        return _parties_from_sources(
            session, data_scope, _ids_with_phone(session, data_scope, phone, window)
        )
    found = select(*PARTY_COLUMNS).where(
        PartyRow.tenant == data_scope.tenant, PartyRow.phone_key != "", PartyRow.phone_key == phone
    )
    return _read_merged_parties(session, select_page(found, [PartyRow.party_id], window))


def _ids_with_phone(
    session: Session, data_scope: DataScope, phone: str, window: Window
) -> list[str]:
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
    return list(session.scalars(select_page(found, [PartySourceRow.party_id], window)))


def find_by_name(session: Session, tenant: str, prefix: str, window: Window) -> list[Party]:
    """Return the parties whose comparable name has this prefix, by name."""
    found = select(*PARTY_COLUMNS).where(
        PartyRow.tenant == tenant,
        PartyRow.name_key != "",
        PartyRow.name_key >= prefix,
        PartyRow.name_key < prefix + MAX_CHARACTER,
    )
    return _read_merged_parties(
        session, select_page(found, [PartyRow.name_key, PartyRow.party_id], window)
    )


def find_erased_by_mark(
    session: Session, party: Party, marks: Collection[str], limit: int
) -> list[str]:
    """Return the ids of other, erased parties that have one of these person marks."""
    found = select(PartyRow.party_id).where(
        PartyRow.tenant == party.tenant,
        PartyRow.person_mark != "",
        PartyRow.person_mark.in_(marks),
        PartyRow.party_id != party.party_id,
    )
    return list(session.scalars(found.order_by(PartyRow.party_id).limit(limit)))


def _read_merged_parties(session: Session, found: Select[Any]) -> list[Party]:
    return [_merged_party(row) for row in session.execute(found)]


def _is_party(tenant: str, party_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return PartyRow.tenant == tenant, PartyRow.party_id == party_id
