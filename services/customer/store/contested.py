"""Accounts that orders of more than one customer name, from rows and to rows."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from operator import attrgetter
from typing import TypeAlias

from sqlalchemy import distinct, func, select, tuple_
from sqlalchemy.orm import Session

from services.customer.domain.contested import ContestedAccount, ContestState, Naming
from services.customer.domain.party import Account
from services.customer.store.rows import columns_of, names_of
from services.customer.tables import AccountTellingRow, ContestedAccountRow
from shared.errors import NotFoundError
from shared.observability.troubles import Kind, Trouble, age_s, counted
from shared.persistence.bulk import insert_rows, table_of, update_rows
from shared.persistence.list_window import Window, page_for_each, page_of, values_in
from shared.persistence.statements import Prepared

Key: TypeAlias = tuple[str, str]
"""A tenant and the id of an account."""

TABLE = table_of(ContestedAccountRow)
TOLD = table_of(AccountTellingRow)
NAMES = names_of(ContestedAccount)
COLUMNS = columns_of(ContestedAccountRow, ContestedAccount)
KEY = tuple_(TABLE.c.tenant, TABLE.c.account_id)
TOLD_KEY = tuple_(TOLD.c.tenant, TOLD.c.account_id)
NAMING = columns_of(AccountTellingRow, Naming)

OPEN = Prepared(
    select(func.count(), func.min(TABLE.c.since)).where(TABLE.c.state == ContestState.OPEN)
)


def add(session: Session, accounts: Iterable[Account]) -> None:
    """Write down that more than one customer has these accounts, where that is new."""
    found = {(each.tenant, each.account_id): each.told_at for each in accounts}
    rows = [(*key, since) for key, since in sorted(found.items())]
    insert_rows(session, ContestedAccountRow, ("tenant", "account_id", "since"), rows)


def get_all(session: Session, keys: Collection[Key]) -> list[ContestedAccount]:
    """Return those of these accounts that are contested, locked until the transaction ends."""
    these = select(*COLUMNS).where(KEY.in_(keys)).order_by(TABLE.c.tenant, TABLE.c.account_id)
    return [ContestedAccount(*row) for row in session.execute(these.with_for_update())]


def get(session: Session, tenant: str, account_id: str) -> ContestedAccount:
    """Return one contested account, locked until the transaction ends.

    Raises:
        NotFoundError: if there is none of this id.
    """
    found = get_all(session, [(tenant, account_id)])
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
    counts = select(TOLD.c.tenant, TOLD.c.account_id, func.count(distinct(TOLD.c.party_id)))
    rows = session.execute(
        counts.where(TOLD_KEY.in_(keys)).group_by(TOLD.c.tenant, TOLD.c.account_id)
    )
    return {(tenant, account_id): count for tenant, account_id, count in rows}


def put(session: Session, accounts: Iterable[ContestedAccount]) -> None:
    """Write these accounts down as they are now."""
    rows = list(map(attrgetter(*NAMES), accounts))
    update_rows(session, ContestedAccountRow, NAMES, rows, keys=2)


def listed(
    session: Session, tenant: str, rows: Window, state: ContestState | None = None
) -> list[ContestedAccount]:
    """Return a tenant's contested accounts by their ids: those in a state, or all."""
    mine = select(*COLUMNS).where(TABLE.c.tenant == tenant)
    if state:
        mine = mine.where(TABLE.c.state == state)
    these = session.execute(page_of(mine, [TABLE.c.account_id], rows))
    return [ContestedAccount(*row) for row in these]


def namings(
    session: Session, tenant: str, account_ids: Collection[str], most: int
) -> dict[str, list[Naming]]:
    """Return the customers and clients that name each of these accounts, up to so many of each."""
    wanted = values_in(TOLD.c.account_id, account_ids)
    its = TOLD.c.tenant == tenant, TOLD.c.account_id == wanted.c.value
    in_turn = [TOLD.c.party_id, TOLD.c.client]
    page = page_of(select(*NAMING).where(*its), in_turn, Window(0, most))
    found: dict[str, list[Naming]] = defaultdict(list)
    for row in session.execute(page_for_each(wanted, page)):
        found[row.account_id].append(Naming(*row))
    return found


def open_ones(session: Session, now: datetime) -> Iterator[Trouble]:
    """Yield the contested accounts that no person has settled: a notice, for no order waits."""
    count, since = OPEN.rows(session)[0]
    if count:
        yield Trouble(
            kind=Kind.CONTESTED_ACCOUNTS,
            count=count,
            oldest_age_s=age_s(since, now),
            says=f"{counted(count, 'account')} named by orders of more than one customer",
            remedy="GET /ops/v1/contested-accounts?state=open lists them;"
            " POST /ops/v1/contested-accounts/ACCOUNT/settle",
            is_notice=True,
        )
