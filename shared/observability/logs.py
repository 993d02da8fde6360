"""Logs: JSON for machines, colours for people, no customer data in either.

All output of a process passes through this module: its own events, what libraries log
through `logging`, warnings, and uncaught exceptions.
"""

import logging
import os
import sys
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import msgspec
import structlog
from structlog.contextvars import bind_contextvars
from structlog.typing import EventDict, Processor, WrappedLogger

from shared.config.settings import Settings
from shared.error_text import format_logged
from shared.observability.masking import Mask
from shared.observability.third_party_log_levels import Shutdown, with_lowered_level

LIBRARY_LEVELS = {
    "aiokafka": logging.ERROR,
    "faust": logging.WARNING,
    "mode": logging.WARNING,
    "kafka": logging.WARNING,
    "asyncio": logging.WARNING,
    "uvicorn": logging.ERROR,
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    "alembic": logging.INFO,
}
"""The lowest level that is logged of each library: below it they log internals."""

log = structlog.get_logger()


class StderrLogger:
    """Writes whole lines to the current `sys.stderr`."""

    def msg(self, line: str) -> None:
        """Write one line."""
        sys.stderr.write(f"{line}\n")

    debug = info = warning = error = critical = exception = log = msg


def configure_logs(settings: Settings) -> None:
    """Set up the logs of this process."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    mask = Mask(settings.log_key.encode() or os.urandom(32))
    output_processors: list[Processor] = [
        structlog.processors.ExceptionRenderer(format_logged),
        mask,
        renderer(settings.log_format),
    ]
    structlog.configure(
        processors=[*context_processors(settings.service), *output_processors],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: StderrLogger(),
    )
    route_logging(
        level,
        [*context_processors(settings.service), structlog.stdlib.add_logger_name],
        output_processors,
    )
    sys.excepthook = log_uncaught
    threading.excepthook = log_uncaught_in_thread


def context_processors(service: str) -> list[Processor]:
    """Return the processors that add the service, time, level and bound context."""

    def add_service(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_service,
    ]


def renderer(log_format: str) -> Processor:
    """Return the last processor, which turns an event into a line."""
    return structlog.dev.ConsoleRenderer(colors=True) if log_format == "console" else json_line


def json_line(_: WrappedLogger, __: str, event: Mapping[str, Any]) -> str:
    """Return an event as a line of JSON; values that JSON cannot hold as their `str`."""
    try:
        return msgspec.json.encode(event, enc_hook=str).decode()
    except (TypeError, ValueError, RecursionError):
        escaped = {str(name): ascii(value) for name, value in event.items()}
        return msgspec.json.encode(escaped).decode()


def route_logging(level: int, context: list[Processor], output_processors: list[Processor]) -> None:
    """Format and write what libraries log through `logging` like the process's own events."""
    handler = LibraryLogHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=context,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *output_processors,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name, lowest in LIBRARY_LEVELS.items():
        logging.getLogger(name).setLevel(max(level, lowest))
    logging.captureWarnings(capture=True)


class LibraryLogHandler(logging.Handler):
    """Writes the log records of libraries."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record; if its arguments do not fit its text, both are written as they are."""
        record = with_lowered_level(record)
        if record.levelno < logging.getLogger().level:
            return
        try:
            line = self.format(record)
        except (TypeError, ValueError, KeyError):
            record.msg, record.args = f"{record.msg!r} with {record.args!r}", None
            line = self.format(record)
        sys.stderr.write(f"{line}\n")


def log_uncaught(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """Log an uncaught exception; Python would print it unmasked."""
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("exception.uncaught", exc_info=(kind, error, traceback))


def log_uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    """Log an exception that ended a thread.

    Our own threads pass exceptions to their waiters, so it is a library's thread. A thread that
    reads Kafka ends like this when the process is asked to stop while Kafka is out.
    """
    if Shutdown.has_begun:
        log.info(
            "thread.interrupted", thread=getattr(args.thread, "name", ""), error=str(args.exc_value)
        )
    elif args.exc_value is not None:
        log_uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def bind_correlation_id(correlation_id: str, **more: str) -> None:
    """Bind the correlation id, and more fields, to all log events of the current context."""
    bind_contextvars(correlation_id=correlation_id, **more)
