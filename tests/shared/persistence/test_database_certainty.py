"""Certainty: what a process may do until its database is proven to be the same as before."""

import asyncio

import pytest

from shared.errors import DatabaseUnprovenError
from shared.persistence import database_certainty as certainty_module
from shared.persistence.database_certainty import DatabaseCertainty, RequiredCertainty


async def still_waits(future: asyncio.Future[None]) -> bool:
    """Return whether a future is still pending after all other tasks have run."""
    for _ in range(5):
        await asyncio.sleep(0)
    return not future.done()


async def test_a_lost_connection_stops_everything_until_there_is_proof() -> None:
    lost = [0]
    certainty = DatabaseCertainty(lambda: lost[0], on_unproven=lambda: None)
    lost[0] = 1

    working = asyncio.ensure_future(certainty.wait_until_proven())
    serving = asyncio.ensure_future(certainty.wait_until_serving())

    assert await still_waits(working)
    assert await still_waits(serving)
    certainty.mark_proven()
    await asyncio.gather(working, serving)


async def test_without_a_broker_requests_are_served_and_all_else_waits() -> None:
    certainty = DatabaseCertainty()
    certainty.mark_unproven()

    certainty.serve_without_proof()

    await certainty.wait_until_serving()
    assert await still_waits(asyncio.ensure_future(certainty.wait_until_proven()))


async def test_once_the_broker_is_there_requests_wait_for_the_proof() -> None:
    certainty = DatabaseCertainty()
    certainty.mark_unproven()
    certainty.serve_without_proof()

    certainty.suspend_serving_unless_proven()

    assert await still_waits(asyncio.ensure_future(certainty.wait_until_serving()))


def test_a_loss_during_a_transaction_is_noticed_in_any_thread() -> None:
    lost = [0]
    certainty = DatabaseCertainty(lambda: lost[0], on_unproven=lambda: None)
    recheck = certainty.require_and_return_recheck(RequiredCertainty.PROVEN)
    recheck()
    lost[0] = 1

    with pytest.raises(DatabaseUnprovenError):
        recheck()


def test_a_transaction_that_waited_before_the_loss_is_refused_after_it_was_noticed() -> None:
    lost = [0]
    certainty = DatabaseCertainty(lambda: lost[0], on_unproven=lambda: None)
    lost[0] = 1
    assert not certainty.is_proven

    for required in (RequiredCertainty.PROVEN, RequiredCertainty.SERVED):
        with pytest.raises(DatabaseUnprovenError):
            certainty.require_and_return_recheck(required)
    certainty.require_and_return_recheck(RequiredCertainty.NONE)()


def test_without_a_broker_requests_may_write_and_nothing_else_may() -> None:
    certainty = DatabaseCertainty(on_unproven=lambda: None)
    certainty.mark_unproven()
    certainty.serve_without_proof()

    certainty.require_and_return_recheck(RequiredCertainty.SERVED)()
    with pytest.raises(DatabaseUnprovenError):
        certainty.require_and_return_recheck(RequiredCertainty.PROVEN)


def test_a_process_that_starts_is_not_ready_before_the_first_proof() -> None:
    certainty = DatabaseCertainty()
    certainty.start_unproven()
    before = certainty.is_ready

    certainty.mark_proven()

    assert (before, certainty.is_ready) == (False, True)


def test_a_process_that_has_served_stays_ready_while_requests_wait_for_a_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    certainty = DatabaseCertainty()
    certainty.mark_unproven()
    at_first = certainty.is_ready

    monkeypatch.setattr(certainty_module, "REQUEST_WAIT_S", 0.0)

    assert (at_first, certainty.is_ready, certainty.remaining_wait_s) == (True, False, 0.0)
