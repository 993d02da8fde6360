"""Writes what clients report of parties and accounts, field by field, without a read before.

The parties are written first, which locks them, then the source records of each client: so
an erasure committed in between is seen, and no value reported before it is stored.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, case, distinct, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import TableValuedAlias

from services.customer.domain.parties.party import Account, Party
from services.customer.domain.parties.source_record import (
    AFTER_EVERY_ORDER,
    PARTY_FIELDS,
    PERSONAL_FIELDS,
    SEARCH_KEYS,
    VERSION_FIELDS,
    FieldVersion,
    PartySourceRecord,
    field_version,
)
from services.customer.store.columns import columns_for, field_names
from services.customer.tables import AccountSourceRow, PartyRow, PartySourceRow
from shared.persistence.bulk import bind_arrays, table_of, unnest
from shared.persistence.database import Base
from shared.persistence.statements import CompiledStatement

PARTIES, SOURCES = table_of(PartyRow), table_of(PartySourceRow)
SOURCE_FIELDS = field_names(PartySourceRecord)
MERGED_FIELDS = tuple(name for name in SOURCE_FIELDS if name != "client")

PERSONAL_VERSION_FIELDS = tuple(f"{name}_mark" for name in PERSONAL_FIELDS)
ERASURE_FIELDS = field_names(Party)
"""The columns of a party that an erasure writes."""

ACCOUNTS, ACCOUNT_FIELDS, ACCOUNT_KEY = (
    table_of(AccountSourceRow),
    field_names(Account),
    ("tenant", "account_id"),
)
NEW_ACCOUNTS = unnest([ACCOUNTS.c[name] for name in ACCOUNT_KEY])
SORTED_ACCOUNTS = (
    select(NEW_ACCOUNTS)
    .order_by(NEW_ACCOUNTS.c.tenant, NEW_ACCOUNTS.c.account_id)
    .subquery("sorted_accounts")
)
LOCK_ACCOUNTS = CompiledStatement(
    select(
        func.pg_advisory_xact_lock(
            func.hashtext("kaitong.account"),
            func.hashtext(SORTED_ACCOUNTS.c.tenant + " " + SORTED_ACCOUNTS.c.account_id),
        )
    )
)
WITH_SEVERAL_CUSTOMERS = CompiledStatement(
    select(NEW_ACCOUNTS.c.tenant, NEW_ACCOUNTS.c.account_id)
    .join(
        ACCOUNTS,
        and_(
            ACCOUNTS.c.tenant == NEW_ACCOUNTS.c.tenant,
            ACCOUNTS.c.account_id == NEW_ACCOUNTS.c.account_id,
        ),
    )
    .group_by(NEW_ACCOUNTS.c.tenant, NEW_ACCOUNTS.c.account_id)
    .having(func.count(distinct(ACCOUNTS.c.party_id)) > 1)
)


def merge_source_records(
    session: Session,
    by_party: Sequence[PartySourceRecord],
    by_client: Sequence[PartySourceRecord],
) -> None:
    """Store each value that no later one of its field is stored for.

    Args:
        session: of the service's database.
        by_party: the records of all clients, merged into one for each party.
        by_client: the records, merged into one for each party and client.
    """
    for statement, names, merged in (
        (merge_parties_statement, MERGED_FIELDS, by_party),
        (merge_sources_statement, SOURCE_FIELDS, by_client),
    ):
        if merged:
            rows = list(map(attrgetter(*names), merged))
            statement().run(session, bind_arrays(names, rows))


@cache
def merge_parties_statement() -> CompiledStatement:
    """Return the statement that merges the data of all clients into the parties."""
    rows = unnest([PARTIES.c[name] for name in MERGED_FIELDS])
    sorted_rows = select(rows).order_by(rows.c.tenant, rows.c.party_id)
    return CompiledStatement(
        upsert_later_fields_statement(
            insert(PARTIES).from_select(MERGED_FIELDS, sorted_rows), PartyRow
        )
    )


def find_source_records(
    session: Session, records: Sequence[PartySourceRecord]
) -> dict[tuple[str, str, str], PartySourceRecord]:
    """Return the stored records of the same parties and clients, by key."""
    found = select(*columns_for(PartySourceRow, PartySourceRecord)).where(
        tuple_(SOURCES.c.tenant, SOURCES.c.party_id, SOURCES.c.client).in_(
            [each.key for each in records]
        )
    )
    return {each.key: each for each in (PartySourceRecord(*row) for row in session.execute(found))}


def find_unknown_accounts(session: Session, accounts: Sequence[Account]) -> list[Account]:
    """Return those of these accounts that their client has not reported for their customer."""
    key = [ACCOUNTS.c[name] for name in ACCOUNT_FIELDS[:4]]
    is_named = tuple_(*key).in_([each.key for each in accounts])
    stored = set(map(tuple, session.execute(select(*key).where(is_named))))
    return [each for each in accounts if each.key not in stored]


@cache
def merge_sources_statement() -> CompiledStatement:
    """Return the statement that merges source records; values erased since are blank."""
    rows = unnest([SOURCES.c[name] for name in SOURCE_FIELDS])
    is_party = and_(PARTIES.c.tenant == rows.c.tenant, PARTIES.c.party_id == rows.c.party_id)
    sorted_rows = (
        select(*(column_blank_if_erased(rows, name) for name in SOURCE_FIELDS))
        .select_from(rows.outerjoin(PARTIES, is_party))
        .order_by(rows.c.tenant, rows.c.party_id, rows.c.client)
    )
    return CompiledStatement(
        upsert_later_fields_statement(
            insert(SOURCES).from_select(SOURCE_FIELDS, sorted_rows), PartySourceRow
        )
    )


def column_blank_if_erased(rows: TableValuedAlias, name: str) -> ColumnElement[Any]:
    """Return a new value, blank if it is personal and was reported before an erasure."""
    field = SEARCH_KEYS.get(name, name)
    if field not in PERSONAL_FIELDS:
        return rows.c[name]
    is_later = rows.c[f"{field}_mark"] > func.coalesce(PARTIES.c.erased_mark, "")
    return case((is_later, rows.c[name]), else_="").label(name)


def upsert_later_fields_statement(statement: Insert, kind: type[Base]) -> Insert:
    """Return an insert that overwrites, in an existing row, each field that was reported later."""
    table, new = table_of(kind), statement.excluded
    is_later = {version: new[version] > table.c[version] for version in VERSION_FIELDS}
    values: dict[str, Any] = {
        "told_at": func.greatest(table.c.told_at, new.told_at),
        "told_by": case((new.told_at > table.c.told_at, new.told_by), else_=table.c.told_by),
    }
    for field, version in zip(PARTY_FIELDS, VERSION_FIELDS, strict=True):
        values[field] = case((is_later[version], new[field]), else_=table.c[field])
        values[version] = func.greatest(table.c[version], new[version])
    for name, field in SEARCH_KEYS.items():
        values[name] = case((is_later[f"{field}_mark"], new[name]), else_=table.c[name])
    return statement.on_conflict_do_update(
        index_elements=[column.name for column in table.primary_key],
        set_=values,
        where=or_(*is_later.values(), new.told_at > table.c.told_at),
    )


def erase_party(session: Session, erased: Party) -> None:
    """Blank the personal data of a party, in the merged row and in every source record.

    Values reported after the erasure stay. A party that is not stored yet is inserted blank, so
    that messages from before its erasure restore nothing.
    """
    version = field_version(erased.told_at, AFTER_EVERY_ORDER)
    row = {name: getattr(erased, name) for name in ERASURE_FIELDS}
    new = insert(PARTIES).values(
        row | dict.fromkeys(PERSONAL_VERSION_FIELDS, version) | {"erased_mark": version}
    )
    session.execute(
        new.on_conflict_do_update(
            index_elements=["tenant", "party_id"],
            set_=blanked_columns_until(PARTIES, version) | latest_erasure_columns(new),
        )
    )
    of_party = SOURCES.c.tenant == erased.tenant, SOURCES.c.party_id == erased.party_id
    session.execute(
        update(SOURCES).where(*of_party).values(blanked_columns_until(SOURCES, version))
    )


def blanked_columns_until(table: Table, version: FieldVersion) -> dict[str, ColumnElement[Any]]:
    """Return the personal columns of a row, blank up to this version."""
    values: dict[str, ColumnElement[Any]] = {}
    for name, field in {
        **dict(zip(PERSONAL_FIELDS, PERSONAL_FIELDS, strict=True)),
        **SEARCH_KEYS,
    }.items():
        values[name] = case((table.c[f"{field}_mark"] <= version, ""), else_=table.c[name])
    versions = {each: func.greatest(table.c[each], version) for each in PERSONAL_VERSION_FIELDS}
    return values | versions


def latest_erasure_columns(new: Insert) -> dict[str, ColumnElement[Any]]:
    """Return the columns of an erasure, taken from the later one of two erasures."""
    old, erased = PARTIES.c, new.excluded
    is_later = erased.erased_mark >= old.erased_mark
    is_marked = and_(is_later, erased.person_mark != "")
    return {
        "told_at": func.greatest(old.told_at, erased.told_at),
        "told_by": case((erased.told_at >= old.told_at, erased.told_by), else_=old.told_by),
        "erased_at": case((is_later, erased.erased_at), else_=old.erased_at),
        "erased_mark": func.greatest(old.erased_mark, erased.erased_mark),
        "person_mark": case((is_marked, erased.person_mark), else_=old.person_mark),
    }


def add_accounts(session: Session, accounts: Iterable[Account]) -> list[Account]:
    """Store the customers of these accounts; return new ones that another customer has as well.

    New accounts of a customer are locked until the transaction ends: if two customers name one
    at the same time, the later transaction sees the other.
    """
    by_key = {each.key: each for each in accounts}
    if not by_key:
        return []
    rows = list(map(attrgetter(*ACCOUNT_FIELDS), by_key.values()))
    new = [
        tuple(row)
        for row in insert_new_accounts_statement().rows(session, bind_arrays(ACCOUNT_FIELDS, rows))
    ]
    if not new:
        return []
    ids = bind_arrays(ACCOUNT_KEY, sorted({key[:2] for key in new}))
    LOCK_ACCOUNTS.run(session, ids)
    contested = set(map(tuple, WITH_SEVERAL_CUSTOMERS.rows(session, ids)))
    return [by_key[key] for key in new if key[:2] in contested]


@cache
def insert_new_accounts_statement() -> CompiledStatement:
    """Return the statement that inserts accounts not stored yet, and returns their keys."""
    rows = unnest([ACCOUNTS.c[name] for name in ACCOUNT_FIELDS])
    sorted_rows = select(rows).order_by(*(rows.c[name] for name in ACCOUNT_FIELDS[:4]))
    new = insert(ACCOUNTS).from_select(ACCOUNT_FIELDS, sorted_rows).on_conflict_do_nothing()
    return CompiledStatement(new.returning(*(ACCOUNTS.c[name] for name in ACCOUNT_FIELDS[:4])))
