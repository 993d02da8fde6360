"""What clients have told of parties and accounts: written down field by field, nothing read before.

First the parties, which locks them, then what each client told of them: an erasure that
was committed in between is seen, and nothing told before it is kept.
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
    by_client,
    by_party,
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
"""Columns of a party that an erasure writes."""

ACCOUNTS, ACCOUNT_FIELDS, ACCOUNT_KEY = (
    table_of(AccountSourceRow),
    field_names(Account),
    ("tenant", "account_id"),
)
NEW_ACCOUNTS = unnest([ACCOUNTS.c[name] for name in ACCOUNT_KEY])
SORTED_ACCOUNTS = (
    select(NEW_ACCOUNTS)
    .order_by(NEW_ACCOUNTS.c.tenant, NEW_ACCOUNTS.c.account_id)
    .subquery("in_turn")
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


def merge_source_records(session: Session, records: Sequence[PartySourceRecord]) -> None:
    """Keep of each party, and of what each client told of it, what was said last of each field."""
    if not records:
        return
    for statement, names, told in (
        (merge_parties_statement(), MERGED_FIELDS, by_party(records)),
        (merge_sources_statement(), SOURCE_FIELDS, by_client(records)),
    ):
        statement.run(session, bind_arrays(names, list(map(attrgetter(*names), told))))


@cache
def merge_parties_statement() -> CompiledStatement:
    """Return the statement that keeps what all clients told together."""
    rows = unnest([PARTIES.c[name] for name in MERGED_FIELDS])
    in_turn = select(rows).order_by(rows.c.tenant, rows.c.party_id)
    return CompiledStatement(
        upsert_by_field(insert(PARTIES).from_select(MERGED_FIELDS, in_turn), PartyRow)
    )


def find_source_records(
    session: Session, records: Sequence[PartySourceRecord]
) -> dict[tuple[str, str, str], PartySourceRecord]:
    """Return what is kept of the same parties as the same clients told them, by its key."""
    found = select(*columns_for(PartySourceRow, PartySourceRecord)).where(
        tuple_(SOURCES.c.tenant, SOURCES.c.party_id, SOURCES.c.client).in_(
            [each.key for each in records]
        )
    )
    return {
        known.key: known for known in (PartySourceRecord(*row) for row in session.execute(found))
    }


def find_unknown_accounts(session: Session, accounts: Sequence[Account]) -> list[Account]:
    """Return those of these accounts that are not known of their customer by their client."""
    key = [ACCOUNTS.c[name] for name in ACCOUNT_FIELDS[:4]]
    these = tuple_(*key).in_([each.key for each in accounts])
    known = set(map(tuple, session.execute(select(*key).where(these))))
    return [each for each in accounts if each.key not in known]


@cache
def merge_sources_statement() -> CompiledStatement:
    """Return the statement that keeps what each client told, blank where that was erased since."""
    rows = unnest([SOURCES.c[name] for name in SOURCE_FIELDS])
    is_party = and_(PARTIES.c.tenant == rows.c.tenant, PARTIES.c.party_id == rows.c.party_id)
    in_turn = (
        select(*(blank_if_erased(rows, name) for name in SOURCE_FIELDS))
        .select_from(rows.outerjoin(PARTIES, is_party))
        .order_by(rows.c.tenant, rows.c.party_id, rows.c.client)
    )
    return CompiledStatement(
        upsert_by_field(insert(SOURCES).from_select(SOURCE_FIELDS, in_turn), PartySourceRow)
    )


def blank_if_erased(rows: TableValuedAlias, name: str) -> ColumnElement[Any]:
    """Return a new value, blank if it tells of a person and was told before an erasure."""
    field = SEARCH_KEYS.get(name, name)
    if field not in PERSONAL_FIELDS:
        return rows.c[name]
    is_later = rows.c[f"{field}_mark"] > func.coalesce(PARTIES.c.erased_mark, "")
    return case((is_later, rows.c[name]), else_="").label(name)


def upsert_by_field(statement: Insert, kind: type[Base]) -> Insert:
    """Return an insert that overwrites, where there is a row, each field that was told later."""
    table, new = table_of(kind), statement.excluded
    is_later = {mark: new[mark] > table.c[mark] for mark in VERSION_FIELDS}
    values: dict[str, Any] = {
        "told_at": func.greatest(table.c.told_at, new.told_at),
        "told_by": case((new.told_at > table.c.told_at, new.told_by), else_=table.c.told_by),
    }
    for field, mark in zip(PARTY_FIELDS, VERSION_FIELDS, strict=True):
        values[field] = case((is_later[mark], new[field]), else_=table.c[field])
        values[mark] = func.greatest(table.c[mark], new[mark])
    for name, field in SEARCH_KEYS.items():
        values[name] = case((is_later[f"{field}_mark"], new[name]), else_=table.c[name])
    return statement.on_conflict_do_update(
        index_elements=[column.name for column in table.primary_key],
        set_=values,
        where=or_(*is_later.values(), new.told_at > table.c.told_at),
    )


def erase_party(session: Session, gone: Party) -> None:
    """Blank a party, in everybody's words, and all that is told of it until then.

    What was told later stays. A party that nothing was told of yet is kept as a blank one, so
    that what comes from before its erasure brings nothing back.
    """
    mark = field_version(gone.told_at, AFTER_EVERY_ORDER)
    row = {name: getattr(gone, name) for name in ERASURE_FIELDS}
    new = insert(PARTIES).values(
        row | dict.fromkeys(PERSONAL_VERSION_FIELDS, mark) | {"erased_mark": mark}
    )
    session.execute(
        new.on_conflict_do_update(
            index_elements=["tenant", "party_id"],
            set_=blank_until(PARTIES, mark) | latest_erasure(new),
        )
    )
    of_clients = SOURCES.c.tenant == gone.tenant, SOURCES.c.party_id == gone.party_id
    session.execute(update(SOURCES).where(*of_clients).values(blank_until(SOURCES, mark)))


def blank_until(table: Table, mark: FieldVersion) -> dict[str, ColumnElement[Any]]:
    """Return what becomes of the personal columns of a row in an erasure with this mark."""
    values: dict[str, ColumnElement[Any]] = {}
    for name, field in {
        **dict(zip(PERSONAL_FIELDS, PERSONAL_FIELDS, strict=True)),
        **SEARCH_KEYS,
    }.items():
        values[name] = case((table.c[f"{field}_mark"] <= mark, ""), else_=table.c[name])
    return values | {name: func.greatest(table.c[name], mark) for name in PERSONAL_VERSION_FIELDS}


def latest_erasure(new: Insert) -> dict[str, ColumnElement[Any]]:
    """Return what is kept of an erasure, of two that of the later one."""
    known, told = PARTIES.c, new.excluded
    is_later = told.erased_mark >= known.erased_mark
    is_marked = and_(is_later, told.person_mark != "")
    return {
        "told_at": func.greatest(known.told_at, told.told_at),
        "told_by": case((told.told_at >= known.told_at, told.told_by), else_=known.told_by),
        "erased_at": case((is_later, told.erased_at), else_=known.erased_at),
        "erased_mark": func.greatest(known.erased_mark, told.erased_mark),
        "person_mark": case((is_marked, told.person_mark), else_=known.person_mark),
    }


def add_accounts(session: Session, accounts: Iterable[Account]) -> list[Account]:
    """Keep whose these accounts are; return those, new of a customer, that another has as well.

    Accounts that are new of a customer are locked until the transaction ends: of two customers
    that name one at the same moment, the later one's transaction sees the other.
    """
    told = {each.key: each for each in accounts}
    if not told:
        return []
    rows = list(map(attrgetter(*ACCOUNT_FIELDS), told.values()))
    new = [
        tuple(row)
        for row in insert_accounts_statement().rows(session, bind_arrays(ACCOUNT_FIELDS, rows))
    ]
    if not new:
        return []
    ids = bind_arrays(ACCOUNT_KEY, sorted({key[:2] for key in new}))
    LOCK_ACCOUNTS.run(session, ids)
    of_several = set(map(tuple, WITH_SEVERAL_CUSTOMERS.rows(session, ids)))
    return [told[key] for key in new if key[:2] in of_several]


@cache
def insert_accounts_statement() -> CompiledStatement:
    """Return the statement that keeps new tellings of accounts, and tells their keys."""
    rows = unnest([ACCOUNTS.c[name] for name in ACCOUNT_FIELDS])
    in_turn = select(rows).order_by(*(rows.c[name] for name in ACCOUNT_FIELDS[:4]))
    new = insert(ACCOUNTS).from_select(ACCOUNT_FIELDS, in_turn).on_conflict_do_nothing()
    return CompiledStatement(new.returning(*(ACCOUNTS.c[name] for name in ACCOUNT_FIELDS[:4])))
