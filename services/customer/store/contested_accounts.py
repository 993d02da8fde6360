"""Accounts that orders of more than one customer name, from rows and to rows."""

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
from shared.errors import NotFoundError
from shared.observability.troubles import Trouble, TroubleKind, age_s, count_with_noun
from shared.persistence.bulk import insert_rows, table_of, update_rows
from shared.persistence.list_window import Window, lateral_page, select_page, unnest_values
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
    """Write down that more than one customer has these accounts, where that is new."""
    found = {(each.tenant, each.account_id): each.told_at for each in accounts}
    rows = [(*key, since) for key, since in sorted(found.items())]
    insert_rows(session, ContestedAccountRow, ("tenant", "account_id", "since"), rows)


def get_all_for_update(session: Session, keys: Collection[Key]) -> list[ContestedAccount]:
    """Return those of these accounts that are contested, locked until the transaction ends."""
    these = select(*COLUMNS).where(KEY.in_(keys)).order_by(TABLE.c.tenant, TABLE.c.account_id)
    return [ContestedAccount(*row) for row in session.execute(these.with_for_update())]


def get_for_update(session: Session, tenant: str, account_id: str) -> ContestedAccount:
    """Return one contested account, locked until the transaction ends.

    Raises:
        NotFoundError: if there is none of this id.
    """
    found = get_all_for_update(session, [(tenant, account_id)])
    if not found:
        msg = f"account {account_id} is not contested"
        raise NotFoundError(msg, remedy="list those that are: GET /ops/v1/contested-accounts")
    return found[0]


def count_customers(session: Session, accounts: Iterable[ContestedAccount]) -> dict[Key, int]:
    """Return how many customers name each of these accounts, in committed orders and this one.

    Ask after the accounts were locked: what was committed until then is counted.
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
    """Write these accounts down as they are now."""
    rows = list(map(attrgetter(*FIELD_NAMES), accounts))
    update_rows(session, ContestedAccountRow, FIELD_NAMES, rows, keys=2)


def find_page(
    session: Session, tenant: str, rows: Window, state: ContestState | None = None
) -> list[ContestedAccount]:
    """Return a tenant's contested accounts by their ids: those in a state, or all."""
    mine = select(*COLUMNS).where(TABLE.c.tenant == tenant)
    if state:
        mine = mine.where(TABLE.c.state == state)
    these = session.execute(select_page(mine, [TABLE.c.account_id], rows))
    return [ContestedAccount(*row) for row in these]


def find_uses(
    session: Session, tenant: str, account_ids: Collection[str], most: int
) -> dict[str, list[AccountUse]]:
    """Return the customers and clients that name each of these accounts, up to so many of each."""
    wanted = unnest_values(ACCOUNT_SOURCES.c.account_id, account_ids)
    its = ACCOUNT_SOURCES.c.tenant == tenant, ACCOUNT_SOURCES.c.account_id == wanted.c.value
    in_turn = [ACCOUNT_SOURCES.c.party_id, ACCOUNT_SOURCES.c.client]
    page = select_page(select(*USE_COLUMNS).where(*its), in_turn, Window(0, most))
    found: dict[str, list[AccountUse]] = defaultdict(list)
    for row in session.execute(lateral_page(wanted, page)):
        found[row.account_id].append(AccountUse(*row))
    return found


def open_account_troubles(session: Session, now: datetime) -> Iterator[Trouble]:
    """Yield the contested accounts that no person has settled: a notice, for no order waits."""
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
