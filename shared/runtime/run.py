"""Run a service: its HTTP API, its worker with the runner, or all in one process.

If one of its parts ends, the process ends: an API must not answer while its worker
is dead. The supervisor starts the process again.
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
from shared.exit import abort_process, end_process, refuse_to_start
from shared.health.common_troubles import (
    certainty_trouble_source,
    log_troubles,
    writer_trouble_source,
)
from shared.health.monitor import Monitor, MonitorInputs
from shared.http import create_app, open_port, serve_http
from shared.http.command_batcher import CommandBatcher
from shared.kafka.installation import TopicOwnership
from shared.kafka.producer import Producer
from shared.messaging.commit_context import CommitContext
from shared.messaging.crash_guard import CrashGuard, InFlightJournal
from shared.messaging.publisher import Publisher
from shared.messaging.retry import retry_while_unavailable
from shared.messaging.unit_of_work import TRANSIENT
from shared.messaging.writer import Writer
from shared.observability.logs import configure_logs
from shared.observability.standard_streams import protect_streams
from shared.observability.third_party_log_levels import begin_shutdown
from shared.operations.routes import OPERATIONS_ROUTERS, OperationsContext, set_operations_context
from shared.persistence.archive import maintain_archive
from shared.persistence.connection_errors import describe_unreachable, is_unreachable
from shared.persistence.database import Sessions, make_sessions
from shared.recovery.troubles import recovery_troubles
from shared.runtime.fail_fast_tasks import cancel_loops, run_unless_stopped, start_critical_task
from shared.runtime.worker import (
    SHUTDOWN_TIMEOUT_S,
    WorkerProcess,
    set_up_recovery,
    set_up_topic_watch,
)
from shared.service_definition import ServiceDefinition

log = structlog.get_logger()

GC_THRESHOLD = 50_000
"""Objects between two garbage collections; the default of 700 costs a fifth of all CPU."""

SWITCH_INTERVAL_S = 0.001
"""Seconds for which a thread may keep the interpreter from another. With the default, five times
as long, the writing thread waits for Faust's thread, and an order does so at each of ten hops."""

ARCHIVE_INTERVAL = timedelta(hours=1)


class ProcessType(StrEnum):
    """Which parts of a service a process runs."""

    API = "api"
    WORKER = "worker"
    ALL = "all"


def run(service: ServiceDefinition, arguments: Sequence[str] = ()) -> None:
    """Run `service` until a stop signal; the first argument is the process type, else `all`."""
    words = list(arguments or sys.argv[1:]) or [ProcessType.ALL.value]
    protect_streams()
    try:
        process_type = parse_process_type(words[0])
        settings = Settings.from_environment(service.name)
        configure_logs(settings)
        gc.collect()
        gc.freeze()
        gc.set_threshold(GC_THRESHOLD)
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        # By policy, not for one loop: Faust reads Kafka in a thread with a loop of its own.
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
        with asyncio.Runner() as runner:
            runner.run(run_process(service, settings, process_type))
    except StartError as error:
        refuse_to_start(f"{service.name}: {error}")


def parse_process_type(word: str) -> ProcessType:
    """Return the process type that a word names.

    Raises:
        StartError: if it names none.
    """
    try:
        return ProcessType(word)
    except ValueError:
        msg = f"there is no process type {word}; use {', '.join(ProcessType)}"
        raise StartError(msg) from None


async def run_process(
    service: ServiceDefinition, settings: Settings, process_type: ProcessType
) -> NoReturn:
    """Serve until a stop signal, then end the process without waiting for its threads.

    The writing thread may wait for its database, and Faust for the group that it joins, longer
    than the supervisor waits for the process.
    """
    try:
        await serve(service, settings, process_type)
    except StartError:
        raise
    except BaseException as error:  # noqa: BLE001  the loop's own end would wait for threads
        abort_process("a bug, or an unexpected error", error)
    end_process()


async def serve(service: ServiceDefinition, settings: Settings, process_type: ProcessType) -> None:
    """Open all that `service` needs, serve, and close it in reverse order."""
    stopping = stop_signal()
    adapters = service.calls.adapters() if service.calls else None
    port = open_port(settings)
    sessions = make_sessions(settings.database_url)
    ownership = TopicOwnership(settings, sessions)
    writer = Writer(sessions)
    publisher = Publisher(writer, Producer(settings, ownership.check))
    batcher = CommandBatcher(sessions, writer, service.takeover.withdrawable)
    monitor = Monitor(settings, sessions, monitor_inputs_of(service, writer, ownership))
    operations = OperationsContext(
        settings,
        sessions,
        publisher,
        service.redelivery_subscriptions,
        monitor,
        service.read_order_changes,
    )
    routers = () if process_type is ProcessType.WORKER else (*service.routers, *OPERATIONS_ROUTERS)
    api = create_app(
        service.name, routers, batcher, sessions, settings, monitor, service.description
    )
    set_operations_context(api, operations)
    startup = StartupTasks(service, settings, sessions)
    if not await run_unless_stopped(stopping, retry_while_unavailable(writer, startup)):
        return
    async with AsyncExitStack() as stack:
        journal = InFlightJournal(settings.state_folder / process_type)
        stack.callback(journal.close)
        stack.push_async_callback(close_publisher, publisher)
        stack.callback(cancel_loops)
        writer.certainty.start_unproven()
        start_critical_task(publisher.run())
        start_critical_task(batcher.run())
        start_critical_task(archive_periodically(sessions, settings))
        start_critical_task(set_up_topic_watch(service, settings, sessions, publisher).run())
        recovery = set_up_recovery(service, settings, sessions, publisher, ownership)
        if process_type is ProcessType.API:
            start_critical_task(recovery.run(None))
        else:
            crash_guard = CrashGuard(sessions, journal)
            worker = WorkerProcess(
                service, settings, sessions, publisher, crash_guard, ownership, adapters
            )
            await stack.enter_async_context(worker.recovering_then_working(recovery))
        await serve_http(api, port, stopping)


def stop_signal() -> asyncio.Event:
    """Return an event that is set by SIGTERM and SIGINT."""
    stopping = asyncio.Event()

    def stop() -> None:
        begin_shutdown()
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    return stopping


async def close_publisher(publisher: Publisher) -> None:
    """Close the publisher, in time; the next start sends records not marked as published."""
    with suppress(TimeoutError):
        async with asyncio.timeout(SHUTDOWN_TIMEOUT_S):
            await publisher.close()


def monitor_inputs_of(
    service: ServiceDefinition, writer: Writer, ownership: TopicOwnership
) -> MonitorInputs:
    """Return what the monitor of a process reads: trouble sources, limits, topics and readiness."""
    limits = service.calls.limits if service.calls else no_limits
    certainty = writer.certainty
    process = (
        writer_trouble_source(writer),
        certainty_trouble_source(certainty),
        log_troubles,
        ownership.troubles,
    )
    own = (recovery_troubles, *service.troubles)
    return MonitorInputs(own, process, limits, service.topics, lambda: certainty.is_ready)


@dataclass(slots=True)
class StartupTasks:
    """The tasks of a service before it serves; retried until its database is reachable."""

    service: ServiceDefinition
    settings: Settings
    sessions: Sessions
    _has_logged_reason: bool = False

    def __call__(self, _: CommitContext) -> None:
        """Run the tasks, or log once, in one line, why they have to wait."""
        try:
            for step in (ping_database, *self.service.on_start):
                with self.sessions.begin() as session:
                    step(session)
        except OperationalError as error:
            self._log_reason(error)
            if self.service.on_start:
                raise

    def _log_reason(self, error: OperationalError) -> None:
        if is_unreachable(error) and not self._has_logged_reason:
            line = describe_unreachable(self.service.name, self.settings.database_url, error)
            log.error("database.unreachable", why=line)
            self._has_logged_reason = True


def ping_database(session: Session) -> None:
    """Check that the database is reachable, so that the start reports it if it is not."""
    session.execute(text("SELECT 1"))


async def archive_periodically(sessions: Sessions, settings: Settings) -> None:
    """Make next month's partitions in time, and move cold months to files.

    Not in the writing thread: a month takes long to write to a file.
    """
    while True:
        try:
            months, folder = settings.archive_months, settings.service_archive_folder
            await asyncio.to_thread(maintain_archive, sessions, datetime.now(UTC), months, folder)
        except (*TRANSIENT, OSError) as error:  # also a disk that is full
            log.error("archive.waits", reason=str(error))  # noqa: TRY400  people read it
        await asyncio.sleep(ARCHIVE_INTERVAL.total_seconds())
