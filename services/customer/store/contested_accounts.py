"""Reads and writes contested accounts: orders of more than one customer name them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from operator import attrgetter
from typing import TypeAlias

from sqlalchemy import distinct, func, select, tuple_
from sqlalchemy.orm import Session

from services.customer.domain.parties.contested_account import (
    AccountUse,
    ContestedAccount,
    ContestState,
)
from services.customer.domain.parties.party import Account
from services.customer.store.columns import columns_for, field_names
from services.customer.tables import AccountSourceRow, ContestedAccountRow
from shared.observability.troubles import Trouble, TroubleKind, age_s, count_with_noun
from shared.persistence.bulk import insert_new_rows, table_of, update_rows
from shared.persistence.pagination import Window, select_lateral_page, select_page, unnest_values
from shared.persistence.statements import CompiledStatement

Key: TypeAlias = tuple[str, str]
"""A tenant and the id of an account."""

TABLE = table_of(ContestedAccountRow)
ACCOUNT_SOURCES = table_of(AccountSourceRow)
FIELD_NAMES = field_names(ContestedAccount)
COLUMNS = columns_for(ContestedAccountRow, ContestedAccount)
KEY = tuple_(TABLE.c.tenant, TABLE.c.account_id)
SOURCE_KEY = tuple_(ACCOUNT_SOURCES.c.tenant, ACCOUNT_SOURCES.c.account_id)
USE_COLUMNS = columns_for(AccountSourceRow, AccountUse)

COUNT_OPEN = CompiledStatement(
    select(func.count(), func.min(TABLE.c.since)).where(TABLE.c.state == ContestState.OPEN)
)


def add(session: Session, accounts: Iterable[Account]) -> None:
    """Insert these accounts as contested, unless they are already."""
    found = {(each.tenant, each.account_id): each.told_at for each in accounts}
    rows = [(*key, since) for key, since in sorted(found.items())]
    insert_new_rows(session, ContestedAccountRow, ("tenant", "account_id", "since"), rows)


def get_all_for_update(session: Session, keys: Collection[Key]) -> list[ContestedAccount]:
    """Return those of these accounts that are contested, locked until the transaction ends."""
    found = select(*COLUMNS).where(KEY.in_(keys)).order_by(TABLE.c.tenant, TABLE.c.account_id)
    return [ContestedAccount(*row) for row in session.execute(found.with_for_update())]


def find_for_update(session: Session, tenant: str, account_id: str) -> ContestedAccount | None:
    """Return one contested account, locked until the transaction ends; None if there is none."""
    return next(iter(get_all_for_update(session, [(tenant, account_id)])), None)


def count_customers(session: Session, accounts: Iterable[ContestedAccount]) -> dict[Key, int]:
    """Return how many customers name each of these accounts, in committed orders and this one.

    Call it after the accounts were locked: orders committed until then are counted.
    """
    keys = [each.key for each in accounts]
    if not keys:
        return {}
    counts = select(
        ACCOUNT_SOURCES.c.tenant,
        ACCOUNT_SOURCES.c.account_id,
        func.count(distinct(ACCOUNT_SOURCES.c.party_id)),
    )
    rows = session.execute(
        counts.where(SOURCE_KEY.in_(keys)).group_by(
            ACCOUNT_SOURCES.c.tenant, ACCOUNT_SOURCES.c.account_id
        )
    )
    return {(tenant, account_id): count for tenant, account_id, count in rows}


def put(session: Session, accounts: Iterable[ContestedAccount]) -> None:
    """Update these accounts."""
    rows = list(map(attrgetter(*FIELD_NAMES), accounts))
    update_rows(session, ContestedAccountRow, FIELD_NAMES, rows, key_length=2)


def find_page(
    session: Session, tenant: str, window: Window, state: ContestState | None = None
) -> list[ContestedAccount]:
    """Return a tenant's contested accounts by their ids: those in a state, or all."""
    found = select(*COLUMNS).where(TABLE.c.tenant == tenant)
    if state:
        found = found.where(TABLE.c.state == state)
    page = session.execute(select_page(found, [TABLE.c.account_id], window))
    return [ContestedAccount(*row) for row in page]


def find_uses(
    session: Session, tenant: str, account_ids: Collection[str], max_uses_per_account: int
) -> dict[str, list[AccountUse]]:
    """Return the customers and clients that name each of these accounts.

    Of each account up to `max_uses_per_account`.
    """
    ids = unnest_values(ACCOUNT_SOURCES.c.account_id, account_ids)
    of_account = ACCOUNT_SOURCES.c.tenant == tenant, ACCOUNT_SOURCES.c.account_id == ids.c.value
    order = [ACCOUNT_SOURCES.c.party_id, ACCOUNT_SOURCES.c.client]
    page = select_page(
        select(*USE_COLUMNS).where(*of_account), order, Window(0, max_uses_per_account)
    )
    found: dict[str, list[AccountUse]] = defaultdict(list)
    for row in session.execute(select_lateral_page(ids, page)):
        found[row.account_id].append(AccountUse(*row))
    return found


def contested_account_troubles(session: Session, now: datetime) -> Iterator[Trouble]:
    """Yield the open contested accounts as a notice: no order waits for them."""
    count, since = COUNT_OPEN.rows(session)[0]
    if count:
        yield Trouble(
            kind=TroubleKind.CONTESTED_ACCOUNTS,
            count=count,
            oldest_age_s=age_s(since, now),
            says=f"{count_with_noun(count, 'account')} named by orders of more than one customer",
            remedy="GET /ops/v1/contested-accounts?state=open lists them;"
            " POST /ops/v1/contested-accounts/ACCOUNT/settle",
            is_notice=True,
        )
