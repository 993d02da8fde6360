"""Ends the process, even if logging or flushing fails.

Each function ends with `os._exit`: an ordinary exit waits for threads, and a thread may wait
for a database or a broker without end. They reach it even on a full disk.
"""

import logging
import os
import sys
from typing import NoReturn

import structlog

from shared.error_text import describe_error

log = structlog.get_logger()

EX_SOFTWARE = 70
"""Exit status (EX_SOFTWARE): a bug. The supervisor starts the process again."""

EX_TEMPFAIL = 75
"""Exit status (EX_TEMPFAIL): the process must restart. The supervisor starts it again."""

EX_CONFIG = 78
"""Exit status (EX_CONFIG): a setting or a port is wrong. A restart would not help."""


def abort_process(reason: str, detail: object) -> NoReturn:
    """End the process at once, without committing offsets or cleaning up.

    All that matters is in the database and on the broker; a graceful exit
    could acknowledge messages that were not handled.
    """
    try:
        cause = detail if isinstance(detail, BaseException) else None
        log.critical(
            "process.stopped",
            why=reason,
            what=describe_error(cause) if cause else repr(detail),
            exc_info=cause,
        )
        logging.shutdown()
    finally:
        end_process(EX_SOFTWARE)


def exit_for_restart(reason: str) -> NoReturn:
    """End the process so that its supervisor restarts it from the state in database and broker."""
    try:
        log.error("process.restarts", why=reason)
        logging.shutdown()
    finally:
        end_process(EX_TEMPFAIL)


def refuse_to_start(faults: str) -> NoReturn:
    """End a process that cannot start; each line of `faults` names a fault and its remedy."""
    try:
        sys.stderr.write(f"{faults}\n")
    finally:
        end_process(EX_CONFIG)


def end_process(status: int = 0) -> NoReturn:
    """Flush the output as far as possible, and end the process without waiting for threads."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)
