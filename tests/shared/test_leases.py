"""What is wanted is leased with the wish, where nobody waits, and within what elements bear."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import update

from shared.calls import call_store
from shared.calls.call_store import AttemptRow, request
from shared.calls.element_limits import Limit
from shared.calls.lease import GRACE
from shared.calls.rate_limits import read_rates
from shared.contracts import Cause
from shared.messaging.after_commit import Dispatch
from shared.messaging.unit_of_work import begin
from shared.persistence.database import Sessions
from tests.kernel import TENANT, statements, until
from tests.shared.elements import (
    ATTEMPT,
    Element,
    an_attempt,
    another_attempt,
    are_over,
    leased,
    rows,
    runner_of,
    running,
    want,
    wish,
)

pytestmark = pytest.mark.usefixtures("quick_runner")
ONE = {"olt": Limit(concurrency=1)}


async def test_what_is_wanted_is_leased_in_the_transaction_that_wants_it_and_called_after(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = Element()
    runner = runner_of(sessions, tmp_path, element)

    claims = wish(sessions, runner, an_attempt())

    assert [claim.attempt for claim in claims] == [an_attempt()]
    assert [row.lease_until for row in rows(sessions)] == [claims[0].until]
    assert element.heard == []
    with statements(sessions) as executed:
        runner.call(claims)
        await until(lambda: bool(element.heard))
    assert executed == []  # nothing more had to be looked for


async def test_who_has_leased_all_that_it_wanted_wakes_nobody(
    sessions: Sessions, tmp_path: Path
) -> None:
    runner = runner_of(sessions, tmp_path, Element(), ONE)
    dispatch = Dispatch(uuid4(), runner.relay.writers)
    for n, is_waiting in enumerate([False, True]):
        with begin(sessions, datetime.now(UTC), dispatch) as transaction:
            attempt = another_attempt()
            request(transaction.work(Cause(uuid4(), attempt.order_id, TENANT)), attempt)
        (callback,) = dispatch.told[n].callbacks
        callback()
        assert runner._wake.is_set() is is_waiting  # noqa: SLF001


@pytest.mark.parametrize("limits", [ONE, {"olt": Limit(in_maintenance=True)}])
async def test_no_more_is_leased_than_the_element_bears(
    sessions: Sessions, tmp_path: Path, limits: Mapping[str, Limit]
) -> None:
    here, there = (runner_of(sessions, tmp_path, Element(), limits) for _ in range(2))
    places = 0 if limits["olt"].in_maintenance else 1

    wish(sessions, here, another_attempt(), another_attempt())
    wish(sessions, there, another_attempt())

    assert leased(sessions) == places


async def test_a_rate_holds_for_what_is_leased_with_the_wish_too(
    sessions: Sessions, tmp_path: Path
) -> None:
    runner = runner_of(sessions, tmp_path, Element(), {"olt": Limit(per_second=0.001)})

    for _ in range(3):
        wish(sessions, runner, another_attempt())

    assert leased(sessions) == 1


async def test_nothing_overtakes_what_waits_for_a_place(sessions: Sessions, tmp_path: Path) -> None:
    """A place is free again, and the one who has waited for it gets it, not the newcomer."""
    limits = dict(ONE)
    runner = runner_of(sessions, tmp_path, Element(), limits)
    waiting = another_attempt()
    wish(sessions, runner, another_attempt(), waiting)
    runner._claim(Dispatch(ATTEMPT))  # noqa: SLF001  it finds no place for the second
    limits["olt"] = Limit(concurrency=2)
    runner._leases._limits_until = datetime.now(UTC)  # noqa: SLF001  it reads them again

    assert wish(sessions, runner, another_attempt()) == []

    ((first,), _) = runner._claim(Dispatch(ATTEMPT))  # noqa: SLF001
    assert first.attempt == waiting


async def test_elsewhere_nobody_waits_because_one_element_is_short(
    sessions: Sessions, tmp_path: Path
) -> None:
    runner = runner_of(sessions, tmp_path, Element(), {"olt": Limit(in_maintenance=True)})
    wish(sessions, runner, another_attempt())
    runner._claim(Dispatch(ATTEMPT))  # noqa: SLF001

    (claim,) = wish(sessions, runner, another_attempt(element="ims"))
    assert claim.attempt.element == "ims"


async def test_whoever_wants_something_while_another_leases_does_not_wait(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = Element()
    runner = runner_of(sessions, tmp_path, element)
    with sessions.begin() as other:
        call_store.wait_to_claim(other)
        assert wish(sessions, runner, another_attempt()) == []

    async with running(runner):
        await until(are_over(sessions))
    assert len(element.heard) == 1


async def test_what_is_written_down_already_is_not_leased_again(
    sessions: Sessions, tmp_path: Path
) -> None:
    runner = runner_of(sessions, tmp_path, Element())
    want(sessions, an_attempt())

    assert wish(sessions, runner, an_attempt()) == []
    assert leased(sessions) == 0


async def test_what_is_wanted_twice_in_one_transaction_is_leased_once(
    sessions: Sessions, tmp_path: Path
) -> None:
    runner = runner_of(sessions, tmp_path, Element())

    assert len(wish(sessions, runner, an_attempt(), an_attempt())) == 1


async def test_the_urgent_are_leased_first(sessions: Sessions, tmp_path: Path) -> None:
    runner = runner_of(sessions, tmp_path, Element(), ONE)
    usual, urgent = another_attempt(priority=4), another_attempt(priority=0)

    (claim,) = wish(sessions, runner, usual, urgent)

    assert claim.attempt == urgent


async def test_a_wish_that_is_rolled_back_is_not_called(sessions: Sessions, tmp_path: Path) -> None:
    element = Element()
    runner = runner_of(sessions, tmp_path, element)

    def want_and_fail(dispatch: Dispatch) -> None:
        with begin(sessions, datetime.now(UTC), dispatch) as transaction:
            request(transaction.work(Cause(uuid4(), ATTEMPT, TENANT)), an_attempt())
            transaction.finish(dispatch)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await runner.relay.commit(want_and_fail)

    assert rows(sessions) == []
    assert not runner._calls  # noqa: SLF001


async def test_what_a_commit_leased_is_called_right_after_it(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = Element()
    runner = runner_of(sessions, tmp_path, element)

    def want_one(dispatch: Dispatch) -> None:
        with begin(sessions, datetime.now(UTC), dispatch) as transaction:
            request(transaction.work(Cause(uuid4(), ATTEMPT, TENANT)), an_attempt())

    await runner.relay.commit(want_one)  # nobody looks for work: the runner does not run
    await until(lambda: bool(element.heard), timeout_s=timedelta(seconds=5).total_seconds())


async def test_what_is_leased_is_ours_from_when_it_is_leased_however_old_the_transaction(
    sessions: Sessions, tmp_path: Path
) -> None:
    runner, before = runner_of(sessions, tmp_path, Element()), datetime.now(UTC)

    (claim,) = wish(sessions, runner, an_attempt(), now=before - timedelta(hours=1))

    assert claim.until >= before + an_attempt().timeout + GRACE


async def test_a_lease_that_was_held_too_long_is_given_back_and_nothing_is_in_doubt(
    sessions: Sessions, tmp_path: Path
) -> None:
    """The turn was long, or the process was stopped, between the commit and the call."""
    element = Element()
    runner = runner_of(sessions, tmp_path, element)
    (claim,) = wish(sessions, runner, an_attempt())
    late = claim._replace(until=datetime.now(UTC) + claim.attempt.timeout)
    with sessions.begin() as session:
        session.execute(update(AttemptRow).values(lease_until=late.until))

    runner.call([late])
    await until(lambda: leased(sessions) == 0)
    assert element.heard == []

    async with running(runner):
        await until(are_over(sessions))
    assert element.verbs == ["call"]


async def test_a_rate_is_not_filled_twice_by_a_process_that_is_behind(
    sessions: Sessions,
) -> None:
    limits = {"olt": Limit(per_second=10)}
    now = datetime.now(UTC)
    with sessions.begin() as session:
        ahead = read_rates(session, limits, now + timedelta(seconds=1))
        for _ in range(10):
            ahead.spend("olt")
        ahead.write(session)
        behind = read_rates(session, limits, now)
        assert behind.left("olt", 10) == 0
        behind.write(session)

        assert read_rates(session, limits, now + timedelta(seconds=1)).left("olt", 10) == 0
