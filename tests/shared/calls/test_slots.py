"""Slots at elements: free at the answer of a call, and never more than the limit."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from shared.calls import lease
from shared.calls import runner as runner_module
from shared.calls.call_store import OutboundCallRow
from shared.calls.claiming import LONG_AGO
from shared.calls.element_limits import ElementLimits, LimitConfiguration
from shared.calls.outbound_call import CallOutcome
from shared.calls.runner import CallRunner
from shared.messaging.commit_context import CommitContext
from shared.observability import metrics
from shared.persistence.database import Sessions
from tests.kernel import until
from tests.shared.scripted_elements import (
    CALL_ID,
    ScriptedElement,
    all_have_ended,
    another_outbound_call,
    enqueue_calls,
    request_calls,
    results,
    rows,
    runner_of,
    running,
)

pytestmark = pytest.mark.usefixtures("quick_runner")
EIGHT = {"olt": ElementLimits(concurrency=8)}


@dataclass
class HeldElement(ScriptedElement):
    """An element whose answers wait until the test releases them."""

    released: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def _follow(self, script: list[CallOutcome | Exception | None]) -> CallOutcome | None:
        await self.released.acquire()
        return await super()._follow(script)

    def release(self, answers: int) -> None:
        """Answer so many calls."""
        for _ in range(answers):
            self.released.release()


def call(sessions: Sessions, runner: CallRunner, number: int) -> int:
    """Request so many calls in a transaction of the runner's process; return how many it makes."""
    leased_calls = enqueue_calls(
        sessions, runner, *(another_outbound_call() for _ in range(number))
    )
    runner.call(leased_calls)
    return len(leased_calls)


def answered(runner: CallRunner, number: int) -> Callable[[], bool]:
    """Return a condition: so many calls of this process are answered and not committed."""
    return lambda: len(runner._ended_leases) == number  # noqa: SLF001


async def test_a_slot_is_free_at_the_answer_and_not_at_its_commit(
    sessions: Sessions, tmp_path: Path
) -> None:
    """The runner does not run, so no answer is committed."""
    element = HeldElement()
    runner = runner_of(sessions, tmp_path, element, EIGHT)
    assert call(sessions, runner, 9) == 8
    await until(lambda: element.concurrent["olt"] == 8)

    element.release(3)
    await until(answered(runner, 3))

    assert call(sessions, runner, 9) == 3
    await until(lambda: len(element.received) == 11)
    assert element.max_concurrent["olt"] == 8
    assert results(sessions) == [None] * 18


async def test_a_waiting_call_is_leased_when_an_answer_frees_a_slot(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = HeldElement()
    runner = runner_of(sessions, tmp_path, element, EIGHT)
    call(sessions, runner, 8)
    waiting = another_outbound_call()
    request_calls(sessions, waiting)
    assert runner._claim(CommitContext(CALL_ID))[0] == []  # noqa: SLF001

    element.release(1)
    await until(answered(runner, 1))

    assert runner._wake.is_set()  # noqa: SLF001
    ((leased_call,), _) = runner._claim(CommitContext(CALL_ID))  # noqa: SLF001
    assert leased_call.call == waiting


async def test_an_answer_that_arrives_while_slots_are_counted_is_not_missed(
    sessions: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No other answer follows, and the runner polls only after a minute."""
    for pause in ("BUSY_PAUSE", "MAX_IDLE"):
        monkeypatch.setattr(runner_module, pause, timedelta(minutes=1))
    element, loop, one = (
        HeldElement(),
        asyncio.get_running_loop(),
        {"olt": ElementLimits(concurrency=1)},
    )
    runner = runner_of(sessions, tmp_path, element, one)
    call(sessions, runner, 1)
    await until(lambda: element.concurrent["olt"] == 1)
    request_calls(sessions, another_outbound_call())

    def after_counting(_: Session) -> LimitConfiguration:
        loop.call_soon_threadsafe(element.release, 1)
        while not runner._ended_leases:  # noqa: SLF001
            sleep(0.001)
        return LimitConfiguration(one)

    monkeypatch.setattr(runner._claimer, "read_limits", after_counting)  # noqa: SLF001
    monkeypatch.setattr(runner._claimer, "_limits_until", LONG_AGO)  # noqa: SLF001
    async with running(runner):
        await until(lambda: len(element.received) == 2)


async def test_a_slot_freed_in_one_process_is_not_used_by_another_before_the_commit(
    sessions: Sessions, tmp_path: Path
) -> None:
    """For another process a slot is free only when the answer is committed."""
    element = HeldElement()
    first, second = (runner_of(sessions, tmp_path, element, EIGHT) for _ in range(2))
    call(sessions, first, 8)
    element.release(3)
    await until(answered(first, 3))

    assert call(sessions, second, 2) == 0
    assert call(sessions, first, 2) == 2
    assert call(sessions, second, 2) == 0


async def test_an_answer_frees_no_slot_of_a_later_call_by_another_process(
    sessions: Sessions, tmp_path: Path
) -> None:
    """A process was stopped until its lease ended and another process called."""
    one = {"olt": ElementLimits(concurrency=1)}
    late, other = (runner_of(sessions, tmp_path, ScriptedElement(), one) for _ in range(2))
    call(sessions, late, 1)
    await until(answered(late, 1))
    with sessions.begin() as session:
        session.execute(update(OutboundCallRow).values(lease_until=datetime.now(UTC)))
    ((again,), _) = other._claim(CommitContext(CALL_ID))  # noqa: SLF001
    assert again.call.doubtful

    assert call(sessions, late, 1) == 0


async def test_the_slots_of_a_dead_process_are_free_when_its_leases_end(
    sessions: Sessions, tmp_path: Path
) -> None:
    dead, other = (runner_of(sessions, tmp_path, HeldElement(), EIGHT) for _ in range(2))
    call(sessions, dead, 6)
    assert call(sessions, other, 3) == 2

    with sessions.begin() as session:
        ended = datetime.now(UTC) - timedelta(seconds=1)
        dead_calls = OutboundCallRow.rank < max(row.rank for row in rows(sessions))
        session.execute(update(OutboundCallRow).where(dead_calls).values(lease_until=ended))

    assert call(sessions, other, 9) == 6


async def test_processes_that_start_and_die_keep_the_concurrency_limit(
    sessions: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls of a process that dies stay in flight at the element."""
    monkeypatch.setattr(lease, "GRACE", timedelta(seconds=1))
    element, limits = ScriptedElement(duration_s=0.02), {"olt": ElementLimits(concurrency=3)}
    calls = [another_outbound_call(timeout=timedelta(seconds=0.3)) for _ in range(80)]
    runners = [start(sessions, tmp_path, element, limits) for _ in range(2)]
    request_calls(sessions, *calls)

    for index in 3 * (0, 1):
        enough = len(element.received) + 5
        await until(lambda: len(element.received) >= enough)  # noqa: B023  awaited in this round
        runners[index].cancel()
        runners[index] = start(sessions, tmp_path, element, limits)
    await until(all_have_ended(sessions))

    for runner in runners:
        runner.cancel()
    assert element.max_concurrent["olt"] == 3
    assert {operation for _, operation in element.received} == {each.operation_id for each in calls}


def start(
    sessions: Sessions, folder: Path, element: ScriptedElement, limits: dict[str, ElementLimits]
) -> "asyncio.Task[None]":
    """Start a runner; once cancelled, it commits and leases nothing more."""
    return asyncio.create_task(runner_of(sessions, folder, element, limits).run())


async def test_a_call_and_its_step_are_measured_by_the_elements_type(
    sessions: Sessions, tmp_path: Path
) -> None:
    def seen(name: str) -> float:
        labels = {"element_type": "other"}
        return metrics.REGISTRY.get_sample_value(f"kaitong_attempt_{name}", labels) or 0.0

    names = ("call_seconds_count", "call_seconds_sum", "step_seconds_count", "step_seconds_sum")
    before = [seen(name) for name in names]
    request_calls(sessions, another_outbound_call(), now=datetime.now(UTC) - timedelta(seconds=7))

    async with running(runner_of(sessions, tmp_path, ScriptedElement(duration_s=0.01))):
        await until(all_have_ended(sessions))

    calls, call_s, steps, step_s = (
        seen(name) - old for name, old in zip(names, before, strict=True)
    )
    assert (calls, steps) == (1, 1)
    assert 0.01 <= call_s < 5
    assert 7 <= step_s < 15
