"""The runner keeps limits: concurrency, calls per second, none in maintenance."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from shared.calls.claiming import MAX_CALLS
from shared.calls.element_limits import ElementLimits
from shared.calls.outbound_call import PRIORITY_AGEING, CallResult
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.kernel import until
from tests.shared.scripted_elements import (
    ScriptedElement,
    all_have_ended,
    another_outbound_call,
    request_calls,
    results,
    runner_of,
    running,
)

pytestmark = pytest.mark.usefixtures("quick_runner")


async def test_all_processes_together_keep_the_concurrency_limit_of_an_element(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = ScriptedElement(duration_s=0.02)
    limits = {"olt": ElementLimits(concurrency=3), "ims": ElementLimits(concurrency=1)}
    runners = [runner_of(sessions, tmp_path, element, limits) for _ in range(2)]
    calls = [another_outbound_call(element=name) for name in ("olt", "ims") for _ in range(12)]

    async with running(*runners):
        request_calls(sessions, *calls)
        await until(all_have_ended(sessions))

    assert element.max_concurrent == {"olt": 3, "ims": 1}


async def test_all_processes_together_keep_the_rate_limit_of_an_element(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = ScriptedElement()
    limits = {"olt": ElementLimits(concurrency=100, per_second=40)}
    runners = [runner_of(sessions, tmp_path, element, limits) for _ in range(2)]

    async with running(*runners):
        request_calls(sessions, *(another_outbound_call() for _ in range(80)))
        await until(all_have_ended(sessions))

    first = element.started_at[0]
    for count, at in enumerate(element.started_at, start=1):
        assert count <= 40 + 40 * (at - first) + 10, (count, at - first)  # a call begins late


async def test_a_rate_outlives_a_restart(sessions: Sessions, tmp_path: Path) -> None:
    element = ScriptedElement()
    limits = {"olt": ElementLimits(concurrency=100, per_second=0.001)}
    for _ in range(2):
        request_calls(sessions, another_outbound_call())
    async with running(runner_of(sessions, tmp_path, element, limits)):
        await until(lambda: results(sessions).count(CallResult.DONE) == 1)

    async with running(runner_of(sessions, tmp_path, element, limits)):
        await asyncio.sleep(0.2)  # long enough for another call

    assert len(element.received) == 1


async def test_calls_wait_during_maintenance_and_drain_after_it(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = ScriptedElement()
    limits = {"olt": ElementLimits(in_maintenance=True)}
    async with running(runner_of(sessions, tmp_path, element, limits)):
        request_calls(sessions, *(another_outbound_call() for _ in range(20)))
        request_calls(sessions, another_outbound_call(element="ims"))
        await until(lambda: results(sessions).count(CallResult.DONE) == 1)
        await asyncio.sleep(0.1)
        assert len(element.received) == 1

        limits["olt"] = ElementLimits()
        await until(all_have_ended(sessions))

    assert len(element.received) == 21


async def test_a_limit_in_another_spelling_holds_and_delays_no_other_element(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = ScriptedElement()
    limits = {
        "nj-olt-1": ElementLimits(in_maintenance=True),
        "Bras-07": ElementLimits(per_second=0.001),
    }
    request_calls(
        sessions, *(another_outbound_call(element="NJ-OLT-01") for _ in range(MAX_CALLS + 50))
    )
    request_calls(sessions, *(another_outbound_call(element="BRAS-7") for _ in range(2)))
    request_calls(sessions, another_outbound_call(element="ims"))

    async with running(runner_of(sessions, tmp_path, element, limits)):
        await until(lambda: results(sessions).count(CallResult.DONE) == 2)
        await asyncio.sleep(0.2)  # long enough for another call

    assert sorted(element.max_concurrent) == ["BRAS-7", "ims"]
    assert len(element.received) == 2


async def test_a_busy_element_delays_no_other_element(sessions: Sessions, tmp_path: Path) -> None:
    element = ScriptedElement(duration_s=60)
    async with running(
        runner_of(sessions, tmp_path, element, {"olt": ElementLimits(concurrency=1)})
    ):
        request_calls(sessions, *(another_outbound_call() for _ in range(300)))
        await until(lambda: element.concurrent["olt"] == 1)
        request_calls(sessions, another_outbound_call(element="ims"))
        await until(lambda: element.concurrent["ims"] == 1)

    assert element.max_concurrent["olt"] == 1


async def test_urgent_calls_are_made_first_and_none_starves(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = ScriptedElement()
    longest = another_outbound_call(priority=4)
    normal, urgent = another_outbound_call(priority=4), another_outbound_call(priority=0)
    request_calls(sessions, normal, now=NOON)
    request_calls(sessions, urgent, now=NOON + timedelta(seconds=10))
    request_calls(sessions, longest, now=NOON - 5 * PRIORITY_AGEING)

    async with running(
        runner_of(sessions, tmp_path, element, {"olt": ElementLimits(concurrency=1)})
    ):
        await until(all_have_ended(sessions))

    assert [operation for _, operation in element.received] == [
        each.operation_id for each in (longest, urgent, normal)
    ]
