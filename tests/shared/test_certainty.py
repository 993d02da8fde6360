"""What a process does while another database may be in the place of the one that it knew."""

import asyncio

import pytest

from shared.errors import DatabaseUnprovenError
from shared.persistence import database_certainty as certainty_module
from shared.persistence.database_certainty import DatabaseCertainty, RequiredCertainty


async def waits(coroutine: asyncio.Future[None]) -> bool:
    """Tell whether something is still waited for when all else has had its turn."""
    for _ in range(5):
        await asyncio.sleep(0)
    return not coroutine.done()


async def test_a_lost_connection_stops_everything_until_there_is_proof() -> None:
    lost = [0]
    certainty = DatabaseCertainty(lambda: lost[0], on_unproven=lambda: None)
    lost[0] = 1

    working = asyncio.ensure_future(certainty.wait_until_proven())
    serving = asyncio.ensure_future(certainty.wait_until_serving())

    assert await waits(working)
    assert await waits(serving)
    certainty.mark_proven()
    await asyncio.gather(working, serving)


async def test_without_a_broker_requests_are_served_and_nothing_else_goes_on() -> None:
    certainty = DatabaseCertainty()
    certainty.mark_unproven()

    certainty.mark_unprovable()

    await certainty.wait_until_serving()
    assert await waits(asyncio.ensure_future(certainty.wait_until_proven()))


async def test_once_the_broker_is_there_requests_wait_for_the_proof() -> None:
    certainty = DatabaseCertainty()
    certainty.mark_unproven()
    certainty.mark_unprovable()

    certainty.mark_provable()

    assert await waits(asyncio.ensure_future(certainty.wait_until_serving()))


def test_what_is_lost_since_the_turn_began_is_seen_in_any_thread() -> None:
    lost = [0]
    certainty = DatabaseCertainty(lambda: lost[0], on_unproven=lambda: None)
    recheck = certainty.check(RequiredCertainty.PROVEN)
    recheck()
    lost[0] = 1

    with pytest.raises(DatabaseUnprovenError):
        recheck()


def test_who_waited_before_the_loss_is_refused_after_another_has_seen_it() -> None:
    lost = [0]
    certainty = DatabaseCertainty(lambda: lost[0], on_unproven=lambda: None)
    lost[0] = 1
    assert not certainty.is_proven

    for required in (RequiredCertainty.PROVEN, RequiredCertainty.SERVED):
        with pytest.raises(DatabaseUnprovenError):
            certainty.check(required)
    certainty.check(RequiredCertainty.NONE)()


def test_without_a_broker_requests_may_write_and_nothing_else_may() -> None:
    certainty = DatabaseCertainty(on_unproven=lambda: None)
    certainty.mark_unproven()
    certainty.mark_unprovable()

    certainty.check(RequiredCertainty.SERVED)()
    with pytest.raises(DatabaseUnprovenError):
        certainty.check(RequiredCertainty.PROVEN)


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
    waits = certainty.is_ready

    monkeypatch.setattr(certainty_module, "REQUEST_WAIT_S", 0.0)

    assert (waits, certainty.is_ready, certainty.remaining_wait_s) == (True, False, 0.0)
