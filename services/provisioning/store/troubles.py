"""Troubles of provisioning alone: steps in fallout, and unanswered work orders."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.provisioning.domain.fallout.fallout import FalloutState
from services.provisioning.store.fallout import TABLE as FALLOUT
from services.provisioning.store.work_orders import TABLE as WORK_ORDERS
from services.provisioning.store.work_orders import UNANSWERED
from shared.observability.troubles import Trouble, TroubleKind, age_s, count_with_noun
from shared.persistence.statements import CompiledStatement

OVERDUE = timedelta(days=3)
"""A work order older than this is a trouble; a younger one is a notice."""

FALLOUT_COUNT = CompiledStatement(
    select(
        func.count(),
        func.count(FALLOUT.c.order_id.distinct()),
        func.min(FALLOUT.c.changed_at),
    ).where(FALLOUT.c.state == FalloutState.OPEN)
)
OPEN_WORK_COUNT = CompiledStatement(
    select(func.count(), func.min(WORK_ORDERS.c.dispatched_at)).where(UNANSWERED)
)


def fallout_troubles(session: Session, now: datetime) -> Iterator[Trouble]:
    """Yield the trouble of orders on hold: steps in fallout without a decision."""
    steps, orders, since = FALLOUT_COUNT.rows(session)[0]
    if steps:
        yield Trouble(
            kind=TroubleKind.HELD,
            count=orders,
            oldest_age_s=age_s(since, now),
            says=f"{count_with_noun(orders, 'order')} held by "
            f"{count_with_noun(steps, 'step')} in fallout",
            remedy="GET /ops/v1/fallout says why; POST /ops/v1/fallout/ORDER/retry, skip or fail",
        )


def work_order_troubles(session: Session, now: datetime) -> Iterator[Trouble]:
    """Yield the trouble of work orders that crews have not reported on."""
    count, since = OPEN_WORK_COUNT.rows(session)[0]
    if count:
        age = age_s(since, now)
        yield Trouble(
            kind=TroubleKind.WORK_WAITING,
            count=count,
            oldest_age_s=age,
            says=f"{count_with_noun(count, 'work order')} that crews have not reported on",
            remedy="GET /ops/v1/work-orders lists them; ask the crews of the oldest",
            is_notice=age < OVERDUE.total_seconds(),
        )


SOURCES = (fallout_troubles, work_order_troubles)
