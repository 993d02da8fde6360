"""Logs: JSON for machines, colours for people, and no customer in either.

Everything a process says goes through here, also what libraries say through
`logging`, warnings, and exceptions that nobody caught.
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
from shared.observability.library_log_levels import Shutdown, with_lowered_level
from shared.observability.masking import Mask

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
"""The least level at which each library is heard: what they say lower is about themselves."""

log = structlog.get_logger()


class StderrLogger:
    """Writes lines to standard error, each whole, wherever that points at the moment."""

    def msg(self, line: str) -> None:
        """Write one line."""
        sys.stderr.write(f"{line}\n")

    debug = info = warning = error = critical = exception = log = msg


def configure_logs(settings: Settings) -> None:
    """Set up everything that this process will log."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    mask = Mask(settings.log_key.encode() or os.urandom(32))
    ending: list[Processor] = [
        structlog.processors.ExceptionRenderer(format_logged),
        mask,
        renderer(settings.log_format),
    ]
    structlog.configure(
        processors=[*context_processors(settings.service), *ending],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: StderrLogger(),
    )
    route_logging(
        level, [*context_processors(settings.service), structlog.stdlib.add_logger_name], ending
    )
    sys.excepthook = log_uncaught
    threading.excepthook = log_uncaught_in_thread


def context_processors(service: str) -> list[Processor]:
    """Return the steps that say who speaks, when, how loud, and on whose behalf."""

    def add_service(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_service,
    ]


def renderer(form: str) -> Processor:
    """Return the last step: an event becomes a line."""
    return structlog.dev.ConsoleRenderer(colors=True) if form == "console" else json_line


def json_line(_: WrappedLogger, __: str, event: Mapping[str, Any]) -> str:
    """Return an event as a line of JSON; what JSON cannot hold is shown as Python shows it."""
    try:
        return msgspec.json.encode(event, enc_hook=str).decode()
    except (TypeError, ValueError, RecursionError):
        legible = {str(name): ascii(value) for name, value in event.items()}
        return msgspec.json.encode(legible).decode()


def route_logging(level: int, first: list[Processor], ending: list[Processor]) -> None:
    """Have what libraries say through `logging` written as our own events are."""
    handler = LibraryLogHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=first,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name, least in LIBRARY_LEVELS.items():
        logging.getLogger(name).setLevel(max(level, least))
    logging.captureWarnings(capture=True)


class LibraryLogHandler(logging.Handler):
    """Writes what libraries say."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record; one whose arguments do not fit its text is written as it is."""
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
    """Log an exception that nobody caught; Python would print it unmasked."""
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("exception.uncaught", exc_info=(kind, error, traceback))


def log_uncaught_in_thread(what: threading.ExceptHookArgs) -> None:
    """Log an exception that ended a thread.

    Our own threads hand exceptions to who waits for them, so it is a thread of a library's. One
    that reads Kafka breaks off so when the process is told to stop while Kafka is out.
    """
    if Shutdown.has_begun:
        log.info(
            "thread.interrupted", thread=getattr(what.thread, "name", ""), error=str(what.exc_value)
        )
    elif what.exc_value is not None:
        log_uncaught(what.exc_type, what.exc_value, what.exc_traceback)


def bind_correlation_id(correlation_id: str, **more: str) -> None:
    """Put the correlation id, and more, on all that is logged on behalf of this work."""
    bind_contextvars(correlation_id=correlation_id, **more)
