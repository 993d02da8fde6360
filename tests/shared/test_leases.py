"""What is wanted is leased with the wish, where nobody waits, and within what elements bear."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import update

from shared.calls import call_store
from shared.calls.call_store import OutboundCallRow, request_call
from shared.calls.element_limits import Limit
from shared.calls.lease import GRACE
from shared.calls.rate_limits import read_token_buckets
from shared.contracts import Causation
from shared.messaging.after_commit import AfterCommit
from shared.messaging.unit_of_work import begin_transaction
from shared.persistence.database import Sessions
from tests.kernel import TENANT, statements, until
from tests.shared.scripted_elements import (
    CALL_ID,
    ScriptedElement,
    all_have_ended,
    an_outbound_call,
    another_outbound_call,
    count_of_leased,
    enqueue_calls,
    request_calls,
    rows,
    runner_of,
    running,
)

pytestmark = pytest.mark.usefixtures("quick_runner")
ONE = {"olt": Limit(concurrency=1)}


async def test_what_is_wanted_is_leased_in_the_transaction_that_wants_it_and_called_after(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = ScriptedElement()
    runner = runner_of(sessions, tmp_path, element)

    leased_calls = enqueue_calls(sessions, runner, an_outbound_call())

    assert [leased_call.call for leased_call in leased_calls] == [an_outbound_call()]
    assert [row.lease_until for row in rows(sessions)] == [leased_calls[0].until]
    assert element.received == []
    with statements(sessions) as executed:
        runner.call(leased_calls)
        await until(lambda: bool(element.received))
    assert executed == []  # nothing more had to be looked for


async def test_who_has_leased_all_that_it_wanted_wakes_nobody(
    sessions: Sessions, tmp_path: Path
) -> None:
    runner = runner_of(sessions, tmp_path, ScriptedElement(), ONE)
    after_commit = AfterCommit(uuid4(), runner.publisher.writers)
    for n, is_waiting in enumerate([False, True]):
        with begin_transaction(sessions, datetime.now(UTC), after_commit) as transaction:
            call = another_outbound_call()
            request_call(transaction.unit_of_work(Causation(uuid4(), call.order_id, TENANT)), call)
        (callback,) = after_commit.results[n].callbacks
        callback()
        assert runner._wake.is_set() is is_waiting  # noqa: SLF001


@pytest.mark.parametrize("limits", [ONE, {"olt": Limit(in_maintenance=True)}])
async def test_no_more_is_leased_than_the_element_bears(
    sessions: Sessions, tmp_path: Path, limits: Mapping[str, Limit]
) -> None:
    here, there = (runner_of(sessions, tmp_path, ScriptedElement(), limits) for _ in range(2))
    places = 0 if limits["olt"].in_maintenance else 1

    enqueue_calls(sessions, here, another_outbound_call(), another_outbound_call())
    enqueue_calls(sessions, there, another_outbound_call())

    assert count_of_leased(sessions) == places


async def test_a_rate_holds_for_what_is_leased_with_the_wish_too(
    sessions: Sessions, tmp_path: Path
) -> None:
    runner = runner_of(sessions, tmp_path, ScriptedElement(), {"olt": Limit(per_second=0.001)})

    for _ in range(3):
        enqueue_calls(sessions, runner, another_outbound_call())

    assert count_of_leased(sessions) == 1


async def test_nothing_overtakes_what_waits_for_a_place(sessions: Sessions, tmp_path: Path) -> None:
    """A place is free again, and the one who has waited for it gets it, not the newcomer."""
    limits = dict(ONE)
    runner = runner_of(sessions, tmp_path, ScriptedElement(), limits)
    waiting = another_outbound_call()
    enqueue_calls(sessions, runner, another_outbound_call(), waiting)
    runner._claim(AfterCommit(CALL_ID))  # noqa: SLF001  it finds no place for the second
    limits["olt"] = Limit(concurrency=2)
    runner._claimer._limits_until = datetime.now(UTC)  # noqa: SLF001  it reads them again

    assert enqueue_calls(sessions, runner, another_outbound_call()) == []

    ((first,), _) = runner._claim(AfterCommit(CALL_ID))  # noqa: SLF001
    assert first.call == waiting


async def test_elsewhere_nobody_waits_because_one_element_is_short(
    sessions: Sessions, tmp_path: Path
) -> None:
    runner = runner_of(sessions, tmp_path, ScriptedElement(), {"olt": Limit(in_maintenance=True)})
    enqueue_calls(sessions, runner, another_outbound_call())
    runner._claim(AfterCommit(CALL_ID))  # noqa: SLF001

    (leased_call,) = enqueue_calls(sessions, runner, another_outbound_call(element="ims"))
    assert leased_call.call.element == "ims"


async def test_whoever_wants_something_while_another_leases_does_not_wait(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = ScriptedElement()
    runner = runner_of(sessions, tmp_path, element)
    with sessions.begin() as other:
        call_store.lock_claims(other)
        assert enqueue_calls(sessions, runner, another_outbound_call()) == []

    async with running(runner):
        await until(all_have_ended(sessions))
    assert len(element.received) == 1


async def test_what_is_written_down_already_is_not_leased_again(
    sessions: Sessions, tmp_path: Path
) -> None:
    runner = runner_of(sessions, tmp_path, ScriptedElement())
    request_calls(sessions, an_outbound_call())

    assert enqueue_calls(sessions, runner, an_outbound_call()) == []
    assert count_of_leased(sessions) == 0


async def test_what_is_wanted_twice_in_one_transaction_is_leased_once(
    sessions: Sessions, tmp_path: Path
) -> None:
    runner = runner_of(sessions, tmp_path, ScriptedElement())

    assert len(enqueue_calls(sessions, runner, an_outbound_call(), an_outbound_call())) == 1


async def test_the_urgent_are_leased_first(sessions: Sessions, tmp_path: Path) -> None:
    runner = runner_of(sessions, tmp_path, ScriptedElement(), ONE)
    usual, urgent = another_outbound_call(priority=4), another_outbound_call(priority=0)

    (leased_call,) = enqueue_calls(sessions, runner, usual, urgent)

    assert leased_call.call == urgent


async def test_a_wish_that_is_rolled_back_is_not_called(sessions: Sessions, tmp_path: Path) -> None:
    element = ScriptedElement()
    runner = runner_of(sessions, tmp_path, element)

    def want_and_fail(after_commit: AfterCommit) -> None:
        with begin_transaction(sessions, datetime.now(UTC), after_commit) as transaction:
            request_call(
                transaction.unit_of_work(Causation(uuid4(), CALL_ID, TENANT)), an_outbound_call()
            )
            transaction.finish(after_commit)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await runner.publisher.commit(want_and_fail)

    assert rows(sessions) == []
    assert not runner._calls  # noqa: SLF001


async def test_what_a_commit_leased_is_called_right_after_it(
    sessions: Sessions, tmp_path: Path
) -> None:
    element = ScriptedElement()
    runner = runner_of(sessions, tmp_path, element)

    def want_one(after_commit: AfterCommit) -> None:
        with begin_transaction(sessions, datetime.now(UTC), after_commit) as transaction:
            request_call(
                transaction.unit_of_work(Causation(uuid4(), CALL_ID, TENANT)), an_outbound_call()
            )

    await runner.publisher.commit(want_one)  # nobody looks for work: the runner does not run
    await until(lambda: bool(element.received), timeout_s=timedelta(seconds=5).total_seconds())


async def test_what_is_leased_is_ours_from_when_it_is_leased_however_old_the_transaction(
    sessions: Sessions, tmp_path: Path
) -> None:
    runner, before = runner_of(sessions, tmp_path, ScriptedElement()), datetime.now(UTC)

    (leased_call,) = enqueue_calls(
        sessions, runner, an_outbound_call(), now=before - timedelta(hours=1)
    )

    assert leased_call.until >= before + an_outbound_call().timeout + GRACE


async def test_a_lease_that_was_held_too_long_is_given_back_and_nothing_is_in_doubt(
    sessions: Sessions, tmp_path: Path
) -> None:
    """The turn was long, or the process was stopped, between the commit and the call."""
    element = ScriptedElement()
    runner = runner_of(sessions, tmp_path, element)
    (leased_call,) = enqueue_calls(sessions, runner, an_outbound_call())
    late = leased_call._replace(until=datetime.now(UTC) + leased_call.call.timeout)
    with sessions.begin() as session:
        session.execute(update(OutboundCallRow).values(lease_until=late.until))

    runner.call([late])
    await until(lambda: count_of_leased(sessions) == 0)
    assert element.received == []

    async with running(runner):
        await until(all_have_ended(sessions))
    assert element.verbs == ["call"]


async def test_a_rate_is_not_filled_twice_by_a_process_that_is_behind(
    sessions: Sessions,
) -> None:
    limits = {"olt": Limit(per_second=10)}
    now = datetime.now(UTC)
    with sessions.begin() as session:
        ahead = read_token_buckets(session, limits, now + timedelta(seconds=1))
        for _ in range(10):
            ahead.spend("olt")
        ahead.write(session)
        behind = read_token_buckets(session, limits, now)
        assert behind.available("olt", 10) == 0
        behind.write(session)

        assert (
            read_token_buckets(session, limits, now + timedelta(seconds=1)).available("olt", 10)
            == 0
        )
