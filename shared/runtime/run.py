"""Run a service: its HTTP API, its worker with the runner, or all in one process.

If one of its parts ends, the process does: an API that answers while its worker
is dead is a lie. Whoever supervises the process starts it again.
"""

import asyncio
import gc
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NoReturn

import structlog
import uvloop
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from shared.calls.element_limits import no_limits
from shared.config.settings import Settings
from shared.errors import StartError
from shared.exit import end_process, refuse_to_start, stop_process
from shared.health.monitor import Monitor, Sources
from shared.health.trouble_sources import of_certainty, of_log, of_relay
from shared.http import listen, make_api, open_port
from shared.http.command_batcher import Desk
from shared.kafka.installation import Claim
from shared.kafka.producer import Producer
from shared.messaging.after_commit import Dispatch
from shared.messaging.crash_guard import Caution, Lifeline
from shared.messaging.publisher import Relay
from shared.messaging.retry import patiently
from shared.messaging.unit_of_work import PASSING
from shared.observability.library_log_levels import begin_the_end
from shared.observability.logs import configure_logs
from shared.observability.standard_streams import protect_streams
from shared.operations.routes import OPERATIONS, Desks, serve_operators
from shared.persistence.archive import keep_house
from shared.persistence.connection_errors import in_one_line, is_unreachable
from shared.persistence.database import Sessions, make_sessions
from shared.recovery.troubles import restored
from shared.runtime.background_loops import done_before, stop_watching, watch
from shared.runtime.worker import LAST_WORDS, Working, recovery_of, watch_of
from shared.service import Service

log = structlog.get_logger()

GARBAGE = 50_000
"""Objects between two looks for cycles; the default of 700 costs a fifth of all CPU."""

TURN = 0.001
"""Seconds. So long may one thread keep the interpreter from another: five times as long, as
is usual, makes the writing thread wait for Faust's, and an order through ten hops for each."""

HOUSEKEEPING = timedelta(hours=1)


class Part(StrEnum):
    """Which parts of a service this process is."""

    API = "api"
    WORKER = "worker"
    ALL = "all"


def run(service: Service, arguments: Sequence[str] = ()) -> None:
    """Run `service` until it is told to stop; which part is the first argument, or `all`."""
    words = list(arguments or sys.argv[1:]) or [Part.ALL.value]
    protect_streams()
    try:
        part = part_of(words[0])
        settings = Settings.from_environment(service.name)
        configure_logs(settings)
        gc.collect()
        gc.freeze()
        gc.set_threshold(GARBAGE)
        sys.setswitchinterval(TURN)
        # By policy, not for one loop: Faust reads Kafka in a thread with a loop of its own.
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
        with asyncio.Runner() as runner:
            runner.run(serve_and_end(service, settings, part))
    except StartError as error:
        refuse_to_start(f"{service.name}: {error}")


def part_of(word: str) -> Part:
    """Return the part that a word names.

    Raises:
        StartError: if it names none.
    """
    try:
        return Part(word)
    except ValueError:
        msg = f"there is no part {word}; say {', '.join(Part)}"
        raise StartError(msg) from None


async def serve_and_end(service: Service, settings: Settings, part: Part) -> NoReturn:
    """Serve until told to stop, then end the process, whatever still hangs in it.

    A writing thread waits for its database, and Faust for the group that it joins, for
    longer than whoever told us to stop waits for us.
    """
    try:
        await serve(service, settings, part)
    except StartError:
        raise
    except BaseException as error:  # noqa: BLE001  the loop's own end would wait for threads
        stop_process("a bug, or trouble nobody expected", error)
    end_process()


async def serve(service: Service, settings: Settings, part: Part) -> None:
    """Open all that `service` needs, serve, and close it in the opposite order."""
    stopping = stop_signal()
    port = open_port(settings)
    sessions = make_sessions(settings.database_url)
    claim = Claim(settings, sessions)
    relay = Relay(sessions, Producer(settings, claim.check))
    desk = Desk(sessions, relay, service.takeover.withdraws)
    monitor = Monitor(settings, sessions, sources_of(service, relay, claim))
    desks = Desks(settings, sessions, relay, service.redelivered, monitor, service.for_order)
    routers = () if part is Part.WORKER else (*service.routers, *OPERATIONS)
    api = make_api(service.name, routers, desk, sessions, settings, monitor, service.about)
    serve_operators(api, desks)
    preparation = Preparation(service, settings, sessions)
    if not await done_before(stopping, patiently(relay, preparation)):
        return
    async with AsyncExitStack() as stack:
        lifeline = Lifeline(settings.state / part)
        stack.callback(lifeline.let_go)
        stack.push_async_callback(let_go, relay)
        stack.callback(stop_watching)
        relay.certainty.begin()
        watch(relay.run())
        watch(desk.run())
        watch(keep_house_for_ever(sessions, settings))
        watch(watch_of(service, settings, sessions, relay).run())
        recovery = recovery_of(service, settings, sessions, relay, claim)
        if part is Part.API:
            watch(recovery.begin(None))
        else:
            caution = Caution(sessions, lifeline)
            works = Working(service, settings, sessions, relay, caution, claim)
            await stack.enter_async_context(works.recovered_by(recovery))
        await listen(api, port, stopping)


def stop_signal() -> asyncio.Event:
    """Return an event that is set when the process is told to stop."""
    stopping = asyncio.Event()

    def stop() -> None:
        begin_the_end()
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    return stopping


async def let_go(relay: Relay) -> None:
    """Let go of the broker, in time; what is not marked as sent is sent by the next start."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LAST_WORDS):
            await relay.close()


def sources_of(service: Service, relay: Relay, claim: Claim) -> Sources:
    """Return where the troubles of a process come from."""
    limits = service.calls.limits if service.calls else no_limits
    certainty = relay.certainty
    process = (of_relay(relay), of_certainty(certainty), of_log, claim.troubles)
    own = (restored, *service.troubles)
    return Sources(own, process, limits, service.topics, lambda: certainty.is_ready)


@dataclass(slots=True)
class Preparation:
    """What a service wants done before it serves; it is tried until its database is there."""

    service: Service
    settings: Settings
    sessions: Sessions
    _has_said_why: bool = False

    def __call__(self, _: Dispatch) -> None:
        """Do it, or say once and in one line why it has to wait."""
        try:
            for step in (look_at_the_database, *self.service.on_start):
                with self.sessions.begin() as session:
                    step(session)
        except OperationalError as error:
            self._say_why(error)
            if self.service.on_start:
                raise

    def _say_why(self, error: OperationalError) -> None:
        if is_unreachable(error) and not self._has_said_why:
            line = in_one_line(self.service.name, self.settings.database_url, error)
            log.error("database.unreachable", why=line)
            self._has_said_why = True


def look_at_the_database(session: Session) -> None:
    """See whether the database is there, so that it is told at the start if it is not."""
    session.execute(text("SELECT 1"))


async def keep_house_for_ever(sessions: Sessions, settings: Settings) -> None:
    """Make next month's partitions in time, and move cold months to files.

    Not in the writing thread: a month takes long to write to a file.
    """
    while True:
        try:
            months, folder = settings.archive_months, settings.archive_place
            await asyncio.to_thread(keep_house, sessions, datetime.now(UTC), months, folder)
        except (*PASSING, OSError) as trouble:  # also a disk that is full
            log.error("archive.waits", trouble=str(trouble))  # noqa: TRY400  people read it
        await asyncio.sleep(HOUSEKEEPING.total_seconds())
