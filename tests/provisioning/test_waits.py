"""A wait ends by itself when its time has come: late, never early, and once."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from httpx import AsyncClient

from services.provisioning.domain.advance import advance
from services.provisioning.domain.blueprint.blueprint import (
    Blueprint,
    BlueprintStep,
    OnFailure,
    StepCondition,
    StepKind,
)
from services.provisioning.domain.blueprint.validation import faults
from services.provisioning.domain.plan.plan import PlanState, StepState
from services.provisioning.domain.plan.waits import MAX_AHEAD, parse_date
from services.provisioning.handlers import SUBSCRIPTIONS
from shared.contracts import Characteristic, OrderAccepted, ServiceFailed
from shared.messaging.crash_guard import CrashGuard, InFlightJournal
from shared.messaging.writer import Writer
from shared.persistence.database import Sessions
from shared.scheduling.scheduler import Scheduler
from shared.scheduling.timer_store import TimerRow, due_timers
from tests.conftest import NOON
from tests.kernel import consume, count_of, history, published
from tests.provisioning.builders import (
    ORDER_ID,
    a_blueprint,
    a_call,
    accepted,
    assigned,
    index,
    planned,
)
from tests.provisioning.database import plan_of, publish

OPENING_DAY = "$characteristic.openingDay"
COMPLETION = "$item.requested_completion"
DAY = timedelta(days=1)


def a_wait(**fields: Any) -> BlueprintStep:
    """Return a step that waits."""
    return BlueprintStep(name="wait", kind=StepKind.WAIT, after=("assign",), **fields)


def waiting(**fields: Any) -> Blueprint:
    """Return a blueprint that waits, and then calls the element in process."""
    return a_blueprint(a_wait(**fields), a_call("a", "wait", element="inline"))


def an_order(opening_day: str = "", completion: datetime | None = None) -> OrderAccepted:
    """Return an order with dates."""
    order = accepted()
    days = (Characteristic(name="openingDay", value=opening_day),) if opening_day else ()
    item = msgspec.structs.replace(order.items[0], characteristics=days)
    return msgspec.structs.replace(order, items=(item,), requested_completion=completion)


def begin(sessions: Sessions, blueprint: Blueprint, order: OrderAccepted) -> None:
    """Accept an order, and assign its resources at noon."""
    publish(sessions, blueprint)
    consume(sessions, SUBSCRIPTIONS, order)
    consume(sessions, SUBSCRIPTIONS, assigned(order, index([blueprint])))


def due_at(sessions: Sessions, now: datetime) -> int:
    """Return how many timers are due at a time."""
    with sessions() as session:
        return len(due_timers(session, now, 10))


def a_process(sessions: Sessions, folder: Path) -> Scheduler:
    """Return the scheduler of one process."""
    crash_guard = CrashGuard(sessions, InFlightJournal(folder))
    return Scheduler(sessions, Writer(sessions), SUBSCRIPTIONS, crash_guard)


async def handle_due(scheduler: Scheduler, now: datetime) -> None:
    """Let a process query the timers at a time, and handle those that are due."""
    with scheduler.sessions() as session:
        due = due_timers(session, now, 10)
    if due:
        await scheduler._handle_due(due)  # noqa: SLF001


@pytest.mark.parametrize(
    "case",
    [
        ({"wait_s": 3600}, an_order(), NOON + timedelta(hours=1)),
        (
            {"until": OPENING_DAY},
            an_order("2026-01-05"),
            datetime(2026, 1, 4, 16, tzinfo=UTC),
        ),
        (
            {"until": OPENING_DAY},
            an_order("2026-01-05T09:30:00+08:00"),
            datetime(2026, 1, 5, 1, 30, tzinfo=UTC),
        ),
        ({"until": COMPLETION}, an_order(completion=NOON + DAY), NOON + DAY),
        (
            {"until": COMPLETION, "wait_s": 60},
            an_order(completion=NOON + DAY),
            NOON + DAY + timedelta(minutes=1),
        ),
    ],
)
async def test_a_wait_ends_at_its_time_and_not_before(
    sessions: Sessions,
    client: AsyncClient,
    tmp_path: Path,
    case: tuple[dict[str, Any], OrderAccepted, datetime],
) -> None:
    fields, order, end = case
    begin(sessions, waiting(**fields), order)
    shown = (await client.get(f"/ops/v1/plans/{ORDER_ID}")).json()["steps"][1]

    await handle_due(a_process(sessions, tmp_path), end - timedelta(microseconds=1))
    before = plan_of(sessions).state
    await handle_due(a_process(sessions, tmp_path), end)

    assert (shown["state"], shown["actions"]) == ("running", [])
    assert datetime.fromisoformat(shown["waits_until"]) == end
    assert (before, plan_of(sessions).state) == (PlanState.RUNNING, PlanState.COMPLETED)


async def test_several_processes_end_a_wait_once(sessions: Sessions, tmp_path: Path) -> None:
    begin(sessions, waiting(until=COMPLETION), an_order(completion=NOON + DAY))
    processes = [a_process(sessions, tmp_path / str(uuid4())) for _ in range(3)]

    await asyncio.gather(*(handle_due(each, NOON + DAY) for each in processes))

    ends = [each for each in history(sessions) if each[1:] == ("1/wait", "running", "done")]
    assert len(ends) == 1
    assert (count_of(sessions, TimerRow), plan_of(sessions).state) == (0, PlanState.COMPLETED)


async def test_a_date_that_is_past_lets_the_plan_go_on_at_once(
    sessions: Sessions, tmp_path: Path
) -> None:
    begin(sessions, waiting(until=OPENING_DAY), an_order("1999-12-31"))

    assert due_at(sessions, NOON) == 1
    await handle_due(a_process(sessions, tmp_path), NOON)
    assert plan_of(sessions).state is PlanState.COMPLETED


@pytest.mark.parametrize(
    "day",
    [
        "",
        "tomorrow",
        "2026-13-01",
        "2026-01-05T09:30:00",
        "20260105",
        "0001-01-01",
        "9999-12-31T23:59:59-08:00",
        (NOON + MAX_AHEAD + DAY).isoformat(),
    ],
)
def test_an_order_without_a_valid_date_fails_before_anything_begins(
    sessions: Sessions, day: str
) -> None:
    publish(sessions, waiting(until=OPENING_DAY))

    consume(sessions, SUBSCRIPTIONS, an_order(day))

    (failed,) = published(sessions)
    assert isinstance(failed, ServiceFailed)
    assert failed.code == "bad-date"
    assert OPENING_DAY in failed.reason
    assert not day or day not in failed.reason


def test_a_wait_whose_condition_does_not_hold_needs_no_date(sessions: Sessions) -> None:
    if_given = (StepCondition(value=f"{OPENING_DAY}|none", differs_from="none"),)

    begin(sessions, waiting(until=OPENING_DAY, when=if_given), an_order())

    assert plan_of(sessions).state is PlanState.COMPLETED


def test_a_step_whose_item_has_lost_its_date_does_not_end_early() -> None:
    """A process of an earlier version stores items without the dates of the order."""
    blueprint = waiting(until=COMPLETION, on_failure=OnFailure.PEOPLE)
    order = an_order(completion=NOON + DAY)
    plan = planned(blueprint, order).plan
    (item,) = plan.items
    items = (msgspec.structs.replace(item, requested_completion=None),)
    without = plan.updated(plan.state, items, plan.steps, None, 0)

    update = advance(without, assigned(order, index([blueprint])))

    step = update.plan.step("1/wait")
    assert step
    assert (step.state, update.timers) == (StepState.FALLOUT, ())


def test_a_date_alone_begins_at_midnight_in_china() -> None:
    assert parse_date("2026-12-24") == datetime(2026, 12, 23, 16, tzinfo=UTC)
    assert parse_date("2026-12-24T00:00:00Z") == datetime(2026, 12, 24, tzinfo=UTC)
    assert parse_date("2026-12-24T08:00:00+08:00") == datetime(2026, 12, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({}, ("/steps/1/wait_s", "missing")),
        ({"until": "2026-12-24"}, ("/steps/1/until", "bad-reference")),
        ({"until": "$number.value"}, ("/steps/1/until", "bad-reference")),
        ({"until": "$item.colour"}, ("/steps/1/until", "bad-reference")),
        ({"until": OPENING_DAY, "undo": "wait-again"}, ("/steps/1/undo", "not-allowed")),
    ],
)
def test_a_wait_that_cannot_end_is_refused(fields: dict[str, Any], fault: tuple[str, str]) -> None:
    found = [(each.field, each.code) for each in faults(a_blueprint(a_wait(**fields)))]

    assert found == [fault]


def test_other_steps_wait_for_no_date() -> None:
    call = msgspec.structs.replace(a_call("a"), until=OPENING_DAY)

    found = [(each.field, each.code) for each in faults(a_blueprint(call))]

    assert found == [("/steps/1/until", "not-allowed")]
