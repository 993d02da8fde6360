"""An attempt is one runner's at a time: the dead are asked about, the late change nothing."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from shared.calls.call_store import AttemptRow
from shared.calls.lease import Concluded
from shared.calls.outbound_call import Again, End, Outcome, Result
from shared.messaging.after_commit import Dispatch
from shared.persistence.database import Sessions
from tests.kernel import history, until
from tests.shared.elements import (
    ATTEMPT,
    DONE,
    OPERATION,
    Element,
    an_attempt,
    another_attempt,
    are_over,
    results,
    rows,
    run_all,
    runner_of,
    running,
    want,
)
from tests.shared.ledger import lines

FAILED = Outcome(Result.FAILED, "busy", "come again")
pytestmark = pytest.mark.usefixtures("quick_runner")


async def test_what_a_dead_runner_was_calling_is_asked_about_first(
    sessions: Sessions, tmp_path: Path
) -> None:
    want(sessions, an_attempt())
    dead = runner_of(sessions, tmp_path, Element())
    claims, _ = dead._claim(Dispatch(ATTEMPT))  # noqa: SLF001  and then it dies
    element = Element(answers=[DONE])

    async with running(runner_of(sessions, tmp_path, element)):
        await asyncio.sleep(0.1)
        assert element.heard == []  # the lease still holds
        expire(sessions)
        await until(are_over(sessions))

    assert len(claims) == 1
    assert element.heard == [("question", OPERATION)]


def expire(sessions: Sessions) -> None:
    """Let every lease end now."""
    now = datetime.now(UTC)
    with sessions.begin() as session:
        session.execute(update(AttemptRow).values(lease_until=now - timedelta(seconds=1)))


@pytest.mark.parametrize("is_the_end", [True, False])
async def test_who_comes_late_finds_the_attempt_taken_and_changes_nothing(
    sessions: Sessions, tmp_path: Path, is_the_end: object
) -> None:
    """A runner was stopped for long; another has asked, and is calling again."""
    want(sessions, an_attempt())
    late = runner_of(sessions, tmp_path, Element())
    ((claim,), _) = late._claim(Dispatch(ATTEMPT))  # noqa: SLF001
    expire(sessions)
    other = runner_of(sessions, tmp_path, Element())
    ((again,), _) = other._claim(Dispatch(ATTEMPT))  # noqa: SLF001

    attempt = claim.attempt
    verdict = End(attempt, FAILED) if is_the_end else Again(attempt, timedelta(0), FAILED)
    await late._commit([Concluded(claim, verdict)])  # noqa: SLF001

    (row,) = rows(sessions)
    assert (row.ended_at, row.lease_until, row.tries) == (None, again.until, 0)
    assert again.attempt.doubtful
    assert lines(sessions) == []
    assert history(sessions) == []


async def test_nobody_reopens_an_attempt_that_is_over(sessions: Sessions, tmp_path: Path) -> None:
    want(sessions, an_attempt())
    late = runner_of(sessions, tmp_path, Element())
    ((claim,), _) = late._claim(Dispatch(ATTEMPT))  # noqa: SLF001
    expire(sessions)
    await run_all(sessions, tmp_path, Element())

    await late._commit([Concluded(claim, Again(claim.attempt, timedelta(0), FAILED))])  # noqa: SLF001

    assert results(sessions) == [Result.DONE]


async def test_two_runners_never_call_one_attempt_at_once(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = Element(takes=0.01)
    wanted = [another_attempt(element=f"olt-{n % 3}") for n in range(60)]
    runners = [runner_of(sessions, tmp_path, element) for _ in range(2)]

    async with running(*runners):
        want(sessions, *wanted[:30])
        want(sessions, *wanted[30:])
        await until(are_over(sessions))

    assert Counter(element.heard) == Counter(("call", each.operation_id) for each in wanted)
    assert results(sessions) == [Result.DONE] * 60
    assert all(len(lines(sessions, each.order_id)) == 1 for each in wanted)
