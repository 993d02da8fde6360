"""SQLSTATEs, PostgreSQL's error codes, and the errors that pass by themselves."""

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

TRANSIENT_ERRORS = (OperationalError, InterfaceError, PoolTimeoutError)
"""Errors of the database that pass by themselves: it restarts, or a lock is held too long.

The driver derives them from the SQLSTATE: `OperationalError` is among others 08 (connection),
40 (conflict), 53 (resources), 55 (lock), 57 (shutdown) and 58 (disk). `raise_if_misclassified`
(database.py) corrects the driver: IDLE_IN_TRANSACTION passes, PROGRAM_LIMIT_EXCEEDED does not.
"""

READ_ONLY = "25006"
"""The server accepts no writes."""

IDLE_IN_TRANSACTION = "25P03"
"""The server ended an idle transaction; the driver calls it an internal error."""

DISK_FULL = "53100"
QUERY_CANCELED = "57014"
"""A statement was cancelled at its time-out."""

PROGRAM_LIMIT_EXCEEDED = "54"
"""The class for what exceeds a limit of the server, permanently: a value or a row is too large."""

NO_CONNECTION = ("08", "28", "3D", "53300", "57P03")
"""The server accepts no connection. Some are classes."""

REPEATING_VALUES = ("22", "42601")
"""The first line of the message repeats a value: data exceptions, and syntax errors."""


def driver_error(error: BaseException) -> BaseException:
    """Return the driver's error that SQLAlchemy wrapped, or the error itself."""
    return getattr(error, "orig", None) or error


def sqlstate_of(error: BaseException) -> str:
    """Return the SQLSTATE of an error of SQLAlchemy or of the driver; empty if it has none."""
    return getattr(driver_error(error), "sqlstate", None) or ""
