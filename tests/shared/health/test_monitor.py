"""The monitor: one report of all troubles, made on demand, cached, and fast for probes."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from shared.config.settings import Settings
from shared.health.common_troubles import HANG_S, writer_trouble_source
from shared.health.monitor import Monitor, MonitorInputs
from shared.messaging.writer import Writer
from shared.observability.troubles import Trouble, TroubleKind
from shared.persistence.database import Sessions
from tests.kernel import statements, until

LATE = Trouble(kind=TroubleKind.LATE_TIMERS, says="late", remedy="look")


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def silent_broker(settings: Settings) -> AsyncIterator[Settings]:
    """Settings with a broker that accepts connections and does not answer."""

    async def never_answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()
        writer.close()

    server = await asyncio.start_server(never_answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield settings.model_copy(update={"kafka": f"127.0.0.1:{port}"})
    server.close()


async def test_the_database_is_asked_at_most_once_a_second(
    sessions: Sessions, settings: Settings
) -> None:
    clock = Clock()
    monitor = Monitor(settings, sessions, clock=clock)

    with statements(sessions) as executed:
        await asyncio.gather(*(monitor.report() for _ in range(20)))
        once = len(executed)
        await monitor.report()
        clock.now = 1.1
        await monitor.report()

    assert once
    assert len(executed) == 2 * once


async def test_nothing_is_queried_before_a_report_is_requested(
    sessions: Sessions, settings: Settings
) -> None:
    with statements(sessions) as executed:
        Monitor(settings, sessions, MonitorInputs(topics=("order",)))
        await asyncio.sleep(0)

    assert executed == []


async def test_a_broker_that_hangs_takes_no_probe_longer_than_half_a_second(
    sessions: Sessions, settings: Settings
) -> None:
    clock = Clock()
    async with silent_broker(settings) as hanging:
        monitor = Monitor(hanging, sessions, MonitorInputs(topics=("order",)), clock)
        first = await monitor.report()
        clock.now = 5.0
        began = time.monotonic()
        soon = await monitor.report_for_probe()
        took = time.monotonic() - began
        await monitor.close()

    assert {each.kind for each in first.troubles} == {TroubleKind.BROKER_OUT}
    assert soon.is_ready
    assert took < 1


async def test_findings_that_a_probe_did_not_wait_for_are_in_the_next_report(
    sessions: Sessions, settings: Settings
) -> None:
    clock, found = Clock(), [LATE]

    def slowly(*_: object) -> Iterable[Trouble]:
        time.sleep(0.8)  # in the monitor's own thread
        return list(found)

    monitor = Monitor(settings, sessions, MonitorInputs(database=(slowly,)), clock)
    await monitor.report()
    found.clear()
    clock.now = 5.0

    soon = await monitor.report_for_probe()
    later = await monitor.report()

    assert soon.troubles == (LATE,)
    assert later.troubles == ()


async def test_a_report_of_long_ago_is_shown_to_no_probe(
    sessions: Sessions, settings: Settings
) -> None:
    clock, found = Clock(), [LATE]
    monitor = Monitor(settings, sessions, MonitorInputs(process=(lambda: list(found),)), clock)
    await monitor.report()
    found.clear()
    clock.now = 3600.0

    assert (await monitor.report_for_probe()).troubles == ()


async def test_a_transaction_that_all_others_wait_for_is_a_hang(sessions: Sessions) -> None:
    writer = Writer(sessions)
    hang = writer_trouble_source(writer)
    before = list(hang())
    stuck = asyncio.create_task(writer.commit(lambda _: time.sleep(0.3)))
    await until(lambda: writer.busy_s > 0)
    young = list(hang())
    writer._busy_since = time.monotonic() - HANG_S - 1  # noqa: SLF001  as after so long
    (old,) = hang()
    await stuck

    assert (before, young, list(hang())) == ([], [], [])
    assert (old.kind, old.is_blocking) == (TroubleKind.HANG, False)
    assert old.oldest_age_s > HANG_S
