"""Ending the process, whatever fails on the way out.

The ways out end with `os._exit`: an ordinary exit waits for threads, and a thread may wait
for a database or a broker for ever. They reach it whatever fails before, also on a full disk.
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
"""Exit status (EX_TEMPFAIL): the process has to begin anew. The supervisor starts it again."""

EX_CONFIG = 78
"""Exit status (EX_CONFIG): a setting or a port is wrong. Starting again would not help."""


def stop_process(why: str, what: object) -> NoReturn:
    """End the process at once, acknowledging and cleaning up nothing.

    All that matters is in the database and on the broker; a graceful way out
    could acknowledge what was not handled.
    """
    try:
        cause = what if isinstance(what, BaseException) else None
        log.critical(
            "process.stopped",
            why=why,
            what=describe_error(cause) if cause else repr(what),
            exc_info=cause,
        )
        logging.shutdown()
    finally:
        end_process(EX_SOFTWARE)


def restart_process(why: str) -> NoReturn:
    """End the process so that its supervisor starts another, which begins with what is known."""
    try:
        log.error("process.restarts", why=why)
        logging.shutdown()
    finally:
        end_process(EX_TEMPFAIL)


def refuse_to_start(why: str) -> NoReturn:
    """End a process that cannot run like this: each line of `why` names a fault and its remedy."""
    try:
        sys.stderr.write(f"{why}\n")
    finally:
        end_process(EX_CONFIG)


def end_process(status: int = 0) -> NoReturn:
    """End the process without waiting for threads, its output written as far as possible."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)
