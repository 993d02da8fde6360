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
from shared.health.monitor import Monitor, TroubleSources
from shared.health.trouble_sources import (
    certainty_trouble_source,
    log_troubles,
    publisher_trouble_source,
)
from shared.http import create_app, open_port, serve_http
from shared.http.command_batcher import CommandBatcher
from shared.kafka.installation import TopicOwnership
from shared.kafka.producer import Producer
from shared.messaging.after_commit import AfterCommit
from shared.messaging.crash_guard import CrashGuard, InFlightJournal
from shared.messaging.publisher import Publisher
from shared.messaging.retry import retry_while_unavailable
from shared.messaging.unit_of_work import TRANSIENT
from shared.observability.library_log_levels import begin_shutdown
from shared.observability.logs import configure_logs
from shared.observability.standard_streams import protect_streams
from shared.operations.routes import OPERATIONS_ROUTERS, OperationsContext, set_operations_context
from shared.persistence.archive import maintain_archive
from shared.persistence.connection_errors import describe_unreachable, is_unreachable
from shared.persistence.database import Sessions, make_sessions
from shared.recovery.troubles import recovery_troubles
from shared.runtime.background_loops import cancel_loops, run_unless_stopped, supervise
from shared.runtime.worker import SHUTDOWN_TIMEOUT_S, WorkerProcess, recovery_of, topic_watch_of
from shared.service import Service

log = structlog.get_logger()

GC_THRESHOLD = 50_000
"""Objects between two looks for cycles; the default of 700 costs a fifth of all CPU."""

SWITCH_INTERVAL_S = 0.001
"""Seconds. So long may one thread keep the interpreter from another: five times as long, as
is usual, makes the writing thread wait for Faust's, and an order through ten hops for each."""

ARCHIVE_INTERVAL = timedelta(hours=1)


class ProcessType(StrEnum):
    """Which parts of a service this process is."""

    API = "api"
    WORKER = "worker"
    ALL = "all"


def run(service: Service, arguments: Sequence[str] = ()) -> None:
    """Run `service` until it is told to stop; which part is the first argument, or `all`."""
    words = list(arguments or sys.argv[1:]) or [ProcessType.ALL.value]
    protect_streams()
    try:
        part = parse_process_type(words[0])
        settings = Settings.from_environment(service.name)
        configure_logs(settings)
        gc.collect()
        gc.freeze()
        gc.set_threshold(GC_THRESHOLD)
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        # By policy, not for one loop: Faust reads Kafka in a thread with a loop of its own.
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
        with asyncio.Runner() as runner:
            runner.run(run_process(service, settings, part))
    except StartError as error:
        refuse_to_start(f"{service.name}: {error}")


def parse_process_type(word: str) -> ProcessType:
    """Return the part that a word names.

    Raises:
        StartError: if it names none.
    """
    try:
        return ProcessType(word)
    except ValueError:
        msg = f"there is no part {word}; say {', '.join(ProcessType)}"
        raise StartError(msg) from None


async def run_process(service: Service, settings: Settings, part: ProcessType) -> NoReturn:
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


async def serve(service: Service, settings: Settings, part: ProcessType) -> None:
    """Open all that `service` needs, serve, and close it in the opposite order."""
    stopping = stop_signal()
    port = open_port(settings)
    sessions = make_sessions(settings.database_url)
    ownership = TopicOwnership(settings, sessions)
    publisher = Publisher(sessions, Producer(settings, ownership.check))
    batcher = CommandBatcher(sessions, publisher, service.takeover.withdrawable)
    monitor = Monitor(settings, sessions, trouble_sources_of(service, publisher, ownership))
    operations = OperationsContext(
        settings,
        sessions,
        publisher,
        service.redelivery_subscriptions,
        monitor,
        service.read_order_changes,
    )
    routers = () if part is ProcessType.WORKER else (*service.routers, *OPERATIONS_ROUTERS)
    api = create_app(
        service.name, routers, batcher, sessions, settings, monitor, service.description
    )
    set_operations_context(api, operations)
    preparation = StartupTasks(service, settings, sessions)
    if not await run_unless_stopped(stopping, retry_while_unavailable(publisher, preparation)):
        return
    async with AsyncExitStack() as stack:
        journal = InFlightJournal(settings.state_folder / part)
        stack.callback(journal.close)
        stack.push_async_callback(close_publisher, publisher)
        stack.callback(cancel_loops)
        publisher.certainty.start_unproven()
        supervise(publisher.run())
        supervise(batcher.run())
        supervise(archive_periodically(sessions, settings))
        supervise(topic_watch_of(service, settings, sessions, publisher).run())
        recovery = recovery_of(service, settings, sessions, publisher, ownership)
        if part is ProcessType.API:
            supervise(recovery.run(None))
        else:
            crash_guard = CrashGuard(sessions, journal)
            works = WorkerProcess(service, settings, sessions, publisher, crash_guard, ownership)
            await stack.enter_async_context(works.run_after(recovery))
        await serve_http(api, port, stopping)


def stop_signal() -> asyncio.Event:
    """Return an event that is set when the process is told to stop."""
    stopping = asyncio.Event()

    def stop() -> None:
        begin_shutdown()
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    return stopping


async def close_publisher(publisher: Publisher) -> None:
    """Let go of the broker, in time; what is not marked as sent is sent by the next start."""
    with suppress(TimeoutError):
        async with asyncio.timeout(SHUTDOWN_TIMEOUT_S):
            await publisher.close()


def trouble_sources_of(
    service: Service, publisher: Publisher, ownership: TopicOwnership
) -> TroubleSources:
    """Return where the troubles of a process come from."""
    limits = service.calls.limits if service.calls else no_limits
    certainty = publisher.certainty
    process = (
        publisher_trouble_source(publisher),
        certainty_trouble_source(certainty),
        log_troubles,
        ownership.troubles,
    )
    own = (recovery_troubles, *service.troubles)
    return TroubleSources(own, process, limits, service.topics, lambda: certainty.is_ready)


@dataclass(slots=True)
class StartupTasks:
    """What a service wants done before it serves; it is tried until its database is there."""

    service: Service
    settings: Settings
    sessions: Sessions
    _has_said_why: bool = False

    def __call__(self, _: AfterCommit) -> None:
        """Do it, or say once and in one line why it has to wait."""
        try:
            for step in (check_database, *self.service.on_start):
                with self.sessions.begin() as session:
                    step(session)
        except OperationalError as error:
            self._say_why(error)
            if self.service.on_start:
                raise

    def _say_why(self, error: OperationalError) -> None:
        if is_unreachable(error) and not self._has_said_why:
            line = describe_unreachable(self.service.name, self.settings.database_url, error)
            log.error("database.unreachable", why=line)
            self._has_said_why = True


def check_database(session: Session) -> None:
    """See whether the database is there, so that it is told at the start if it is not."""
    session.execute(text("SELECT 1"))


async def archive_periodically(sessions: Sessions, settings: Settings) -> None:
    """Make next month's partitions in time, and move cold months to files.

    Not in the writing thread: a month takes long to write to a file.
    """
    while True:
        try:
            months, folder = settings.archive_months, settings.service_archive_folder
            await asyncio.to_thread(maintain_archive, sessions, datetime.now(UTC), months, folder)
        except (*TRANSIENT, OSError) as trouble:  # also a disk that is full
            log.error("archive.waits", trouble=str(trouble))  # noqa: TRY400  people read it
        await asyncio.sleep(ARCHIVE_INTERVAL.total_seconds())
