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

from services.customer.domain.party import Account, Party
from services.customer.domain.telling import (
    FIELDS,
    KEYS,
    LAST,
    MARKS,
    PERSONAL,
    Mark,
    Telling,
    by_client,
    by_party,
    mark_of,
)
from services.customer.store.rows import columns_of, names_of
from services.customer.tables import AccountTellingRow, PartyRow, TellingRow
from shared.persistence.bulk import bind, table_of, unnest
from shared.persistence.database import Base
from shared.persistence.statements import Prepared

PARTIES, TELLINGS = table_of(PartyRow), table_of(TellingRow)
OF_CLIENT = names_of(Telling)
OF_PARTY = tuple(name for name in OF_CLIENT if name != "client")

PERSONAL_MARKS = tuple(f"{name}_mark" for name in PERSONAL)
ERASED = names_of(Party)
"""Columns of a party that an erasure writes."""

ACCOUNTS, ACCOUNT, ACCOUNT_ID = (
    table_of(AccountTellingRow),
    names_of(Account),
    ("tenant", "account_id"),
)
NEW = unnest([ACCOUNTS.c[name] for name in ACCOUNT_ID])
IN_TURN = select(NEW).order_by(NEW.c.tenant, NEW.c.account_id).subquery("in_turn")
LOCK_ACCOUNTS = Prepared(
    select(
        func.pg_advisory_xact_lock(
            func.hashtext("kaitong.account"),
            func.hashtext(IN_TURN.c.tenant + " " + IN_TURN.c.account_id),
        )
    )
)
OF_SEVERAL = Prepared(
    select(NEW.c.tenant, NEW.c.account_id)
    .join(
        ACCOUNTS,
        and_(ACCOUNTS.c.tenant == NEW.c.tenant, ACCOUNTS.c.account_id == NEW.c.account_id),
    )
    .group_by(NEW.c.tenant, NEW.c.account_id)
    .having(func.count(distinct(ACCOUNTS.c.party_id)) > 1)
)


def keep_tellings(session: Session, tellings: Sequence[Telling]) -> None:
    """Keep of each party, and of what each client told of it, what was said last of each field."""
    if not tellings:
        return
    for statement, names, told in (
        (keep_parties(), OF_PARTY, by_party(tellings)),
        (keep_by_client(), OF_CLIENT, by_client(tellings)),
    ):
        statement.run(session, bind(names, list(map(attrgetter(*names), told))))


@cache
def keep_parties() -> Prepared:
    """Return the statement that keeps what all clients told together."""
    rows = unnest([PARTIES.c[name] for name in OF_PARTY])
    in_turn = select(rows).order_by(rows.c.tenant, rows.c.party_id)
    return Prepared(field_by_field(insert(PARTIES).from_select(OF_PARTY, in_turn), PartyRow))


def told_by_clients(
    session: Session, tellings: Sequence[Telling]
) -> dict[tuple[str, str, str], Telling]:
    """Return what is kept of the same parties as the same clients told them, by its key."""
    found = select(*columns_of(TellingRow, Telling)).where(
        tuple_(TELLINGS.c.tenant, TELLINGS.c.party_id, TELLINGS.c.client).in_(
            [each.key for each in tellings]
        )
    )
    return {known.key: known for known in (Telling(*row) for row in session.execute(found))}


def unknown_accounts(session: Session, accounts: Sequence[Account]) -> list[Account]:
    """Return those of these accounts that are not known of their customer by their client."""
    key = [ACCOUNTS.c[name] for name in ACCOUNT[:4]]
    these = tuple_(*key).in_([each.key for each in accounts])
    known = set(map(tuple, session.execute(select(*key).where(these))))
    return [each for each in accounts if each.key not in known]


@cache
def keep_by_client() -> Prepared:
    """Return the statement that keeps what each client told, blank where that was erased since."""
    rows = unnest([TELLINGS.c[name] for name in OF_CLIENT])
    is_party = and_(PARTIES.c.tenant == rows.c.tenant, PARTIES.c.party_id == rows.c.party_id)
    in_turn = (
        select(*(unless_erased(rows, name) for name in OF_CLIENT))
        .select_from(rows.outerjoin(PARTIES, is_party))
        .order_by(rows.c.tenant, rows.c.party_id, rows.c.client)
    )
    return Prepared(field_by_field(insert(TELLINGS).from_select(OF_CLIENT, in_turn), TellingRow))


def unless_erased(rows: TableValuedAlias, name: str) -> ColumnElement[Any]:
    """Return a new value, blank if it tells of a person and was told before an erasure."""
    field = KEYS.get(name, name)
    if field not in PERSONAL:
        return rows.c[name]
    is_later = rows.c[f"{field}_mark"] > func.coalesce(PARTIES.c.erased_mark, "")
    return case((is_later, rows.c[name]), else_="").label(name)


def field_by_field(statement: Insert, kind: type[Base]) -> Insert:
    """Return an insert that overwrites, where there is a row, each field that was told later."""
    table, new = table_of(kind), statement.excluded
    is_later = {mark: new[mark] > table.c[mark] for mark in MARKS}
    values: dict[str, Any] = {
        "told_at": func.greatest(table.c.told_at, new.told_at),
        "told_by": case((new.told_at > table.c.told_at, new.told_by), else_=table.c.told_by),
    }
    for field, mark in zip(FIELDS, MARKS, strict=True):
        values[field] = case((is_later[mark], new[field]), else_=table.c[field])
        values[mark] = func.greatest(table.c[mark], new[mark])
    for name, field in KEYS.items():
        values[name] = case((is_later[f"{field}_mark"], new[name]), else_=table.c[name])
    return statement.on_conflict_do_update(
        index_elements=[column.name for column in table.primary_key],
        set_=values,
        where=or_(*is_later.values(), new.told_at > table.c.told_at),
    )


def erase(session: Session, gone: Party) -> None:
    """Blank a party, in everybody's words, and all that is told of it until then.

    What was told later stays. A party that nothing was told of yet is kept as a blank one, so
    that what comes from before its erasure brings nothing back.
    """
    mark = mark_of(gone.told_at, LAST)
    row = {name: getattr(gone, name) for name in ERASED}
    new = insert(PARTIES).values(row | dict.fromkeys(PERSONAL_MARKS, mark) | {"erased_mark": mark})
    session.execute(
        new.on_conflict_do_update(
            index_elements=["tenant", "party_id"],
            set_=blank_until(PARTIES, mark) | erased_last(new),
        )
    )
    of_clients = TELLINGS.c.tenant == gone.tenant, TELLINGS.c.party_id == gone.party_id
    session.execute(update(TELLINGS).where(*of_clients).values(blank_until(TELLINGS, mark)))


def blank_until(table: Table, mark: Mark) -> dict[str, ColumnElement[Any]]:
    """Return what becomes of the personal columns of a row in an erasure with this mark."""
    values: dict[str, ColumnElement[Any]] = {}
    for name, field in {**dict(zip(PERSONAL, PERSONAL, strict=True)), **KEYS}.items():
        values[name] = case((table.c[f"{field}_mark"] <= mark, ""), else_=table.c[name])
    return values | {name: func.greatest(table.c[name], mark) for name in PERSONAL_MARKS}


def erased_last(new: Insert) -> dict[str, ColumnElement[Any]]:
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


def keep_accounts(session: Session, accounts: Iterable[Account]) -> list[Account]:
    """Keep whose these accounts are; return those, new of a customer, that another has as well.

    Accounts that are new of a customer are locked until the transaction ends: of two customers
    that name one at the same moment, the later one's transaction sees the other.
    """
    told = {each.key: each for each in accounts}
    if not told:
        return []
    rows = list(map(attrgetter(*ACCOUNT), told.values()))
    new = [tuple(row) for row in keep_account().rows(session, bind(ACCOUNT, rows))]
    if not new:
        return []
    ids = bind(ACCOUNT_ID, sorted({key[:2] for key in new}))
    LOCK_ACCOUNTS.run(session, ids)
    of_several = set(map(tuple, OF_SEVERAL.rows(session, ids)))
    return [told[key] for key in new if key[:2] in of_several]


@cache
def keep_account() -> Prepared:
    """Return the statement that keeps new tellings of accounts, and tells their keys."""
    rows = unnest([ACCOUNTS.c[name] for name in ACCOUNT])
    in_turn = select(rows).order_by(*(rows.c[name] for name in ACCOUNT[:4]))
    new = insert(ACCOUNTS).from_select(ACCOUNT, in_turn).on_conflict_do_nothing()
    return Prepared(new.returning(*(ACCOUNTS.c[name] for name in ACCOUNT[:4])))
