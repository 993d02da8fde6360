"""What an element bears: so many calls at once, so many a second, none in maintenance."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from shared.calls.claiming import MOST_CALLS
from shared.calls.element_limits import Limit
from shared.calls.outbound_call import AGEING, Result
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.kernel import until
from tests.shared.elements import (
    Element,
    another_attempt,
    are_over,
    results,
    runner_of,
    running,
    want,
)

pytestmark = pytest.mark.usefixtures("quick_runner")


async def test_all_processes_together_call_an_element_no_more_often_at_once_than_it_bears(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = Element(takes=0.02)
    limits = {"olt": Limit(concurrency=3), "ims": Limit(concurrency=1)}
    runners = [runner_of(sessions, tmp_path, element, limits) for _ in range(2)]
    wanted = [another_attempt(element=name) for name in ("olt", "ims") for _ in range(12)]

    async with running(*runners):
        want(sessions, *wanted)
        await until(are_over(sessions))

    assert element.most == {"olt": 3, "ims": 1}


async def test_all_processes_together_call_an_element_no_more_often_a_second_than_it_bears(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = Element()
    limits = {"olt": Limit(concurrency=100, per_second=40)}
    runners = [runner_of(sessions, tmp_path, element, limits) for _ in range(2)]

    async with running(*runners):
        want(sessions, *(another_attempt() for _ in range(80)))
        await until(are_over(sessions))

    first = element.begun_at[0]
    for count, at in enumerate(element.begun_at, start=1):
        assert count <= 40 + 40 * (at - first) + 10, (count, at - first)  # a call begins late


async def test_a_rate_outlives_a_restart(sessions: Sessions, tmp_path: Path) -> None:
    element = Element()
    limits = {"olt": Limit(concurrency=100, per_second=0.001)}
    for _ in range(2):
        want(sessions, another_attempt())
    async with running(runner_of(sessions, tmp_path, element, limits)):
        await until(lambda: results(sessions).count(Result.DONE) == 1)

    async with running(runner_of(sessions, tmp_path, element, limits)):
        await asyncio.sleep(0.2)  # so long that it would have been called

    assert len(element.heard) == 1


async def test_in_maintenance_what_is_wanted_waits_and_drains_after(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = Element()
    limits = {"olt": Limit(in_maintenance=True)}
    async with running(runner_of(sessions, tmp_path, element, limits)):
        want(sessions, *(another_attempt() for _ in range(20)))
        want(sessions, another_attempt(element="ims"))
        await until(lambda: results(sessions).count(Result.DONE) == 1)
        await asyncio.sleep(0.1)
        assert len(element.heard) == 1

        limits["olt"] = Limit()
        await until(are_over(sessions))

    assert len(element.heard) == 21


async def test_what_is_borne_was_said_in_another_spelling_and_keeps_nobody_else_waiting(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = Element()
    limits = {"nj-olt-1": Limit(in_maintenance=True), "Bras-07": Limit(per_second=0.001)}
    want(sessions, *(another_attempt(element="NJ-OLT-01") for _ in range(MOST_CALLS + 50)))
    want(sessions, *(another_attempt(element="BRAS-7") for _ in range(2)))
    want(sessions, another_attempt(element="ims"))

    async with running(runner_of(sessions, tmp_path, element, limits)):
        await until(lambda: results(sessions).count(Result.DONE) == 2)
        await asyncio.sleep(0.2)  # so long that another would have been called

    assert sorted(element.most) == ["BRAS-7", "ims"]
    assert len(element.heard) == 2


async def test_a_busy_element_keeps_nobody_else_waiting(sessions: Sessions, tmp_path: Path) -> None:
    element = Element(takes=60)
    async with running(runner_of(sessions, tmp_path, element, {"olt": Limit(concurrency=1)})):
        want(sessions, *(another_attempt() for _ in range(300)))
        await until(lambda: element.now["olt"] == 1)
        want(sessions, another_attempt(element="ims"))
        await until(lambda: element.now["ims"] == 1)

    assert element.most["olt"] == 1


async def test_the_urgent_are_called_first_and_nobody_is_last_for_ever(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = Element()
    longest = another_attempt(priority=4)
    usual, urgent = another_attempt(priority=4), another_attempt(priority=0)
    want(sessions, usual, now=NOON)
    want(sessions, urgent, now=NOON + timedelta(seconds=10))
    want(sessions, longest, now=NOON - 5 * AGEING)

    async with running(runner_of(sessions, tmp_path, element, {"olt": Limit(concurrency=1)})):
        await until(are_over(sessions))

    assert [operation for _, operation in element.heard] == [
        each.operation_id for each in (longest, urgent, usual)
    ]
