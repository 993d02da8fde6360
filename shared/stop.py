"""Stopping for good: what is not understood must not go on."""

import logging
import os
import sys
from typing import NoReturn

import structlog

log = structlog.get_logger()

UNEXPECTED = 70
"""Exit status (EX_SOFTWARE): a bug. The supervisor starts the process again."""

CANNOT_START = 78
"""Exit status (EX_CONFIG): a setting or a port is wrong. Starting again would not help."""


def stop_process(why: str, what: object) -> NoReturn:
    """End the process at once, acknowledging and cleaning up nothing.

    All that matters is in the database and on the broker; a graceful way out
    could acknowledge what was not handled.
    """
    cause = what if isinstance(what, BaseException) else None
    log.critical("process.stopped", why=why, what=repr(what), exc_info=cause)
    logging.shutdown()
    os._exit(UNEXPECTED)


def refuse_to_start(why: str) -> NoReturn:
    """End a process that has not begun: each line of `why` names a fault and its remedy."""
    sys.stderr.write(f"{why}\n")
    sys.stderr.flush()
    raise SystemExit(CANNOT_START)
