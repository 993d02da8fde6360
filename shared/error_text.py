"""What is kept and logged of an error: where it happened and which rule was broken, no value.

An exception's free text may repeat what was sent, a name or a number. Our own errors repeat none,
nor do those of the database (db.py takes the values out), of the operating system and of the
client of Kafka. Of any other only its type is kept, and of all the frames that it came through.
"""

import re
from collections.abc import Iterator
from traceback import format_tb
from types import TracebackType

import psycopg
from sqlalchemy.exc import DBAPIError

SAFE_PACKAGES = frozenset({"shared", "services", "tools", "deploy", "aiokafka"})
"""Packages whose errors repeat no value."""

INVALID_VALUE = re.compile(r"\A(Invalid (?:enum )?value) .*?( - at `[^`]*`)?\Z", re.DOTALL)
"""What msgspec says of a value that is none of those it takes: the value, then its path."""

UNKNOWN_FIELD = re.compile(r"\A(Object contains unknown field) `.*?`( - at `[^`]*`)?\Z", re.DOTALL)

CHAIN_SEPARATORS = {
    True: "\nThe above exception was the direct cause of the following exception:\n\n",
    False: "\nDuring handling of the above exception, another exception occurred:\n\n",
}


def describe_error(error: BaseException) -> str:
    """Return the type of an error, with its text where that repeats no value."""
    text = safe_text(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def safe_text(error: BaseException) -> str:
    """Return the text of an error; empty where it may repeat a value."""
    if isinstance(error, DBAPIError):
        return str(error.orig)
    if isinstance(error, OSError) and error.errno is not None:
        return f"[Errno {error.errno}] {error.strerror}"
    package = type(error).__module__.partition(".")[0]
    return str(error) if package in SAFE_PACKAGES or isinstance(error, psycopg.Error) else ""


def describe_read_error(error: Exception) -> str:
    """Return what a reader of messages stumbled over: the path and the rule, without the value."""
    said = UNKNOWN_FIELD.sub(r"\1\2", INVALID_VALUE.sub(r"\1\2", str(error)))
    return f"{type(error).__name__}: {said}"


def format_traceback(error: BaseException) -> str:
    """Return an error and those that led to it, the first one first, each with its frames."""
    lines: list[str] = []
    for each, is_cause in cause_chain(error):
        lines += ["Traceback (most recent call last):\n", *format_tb(each.__traceback__)]
        lines.append(f"{describe_error(each)}\n")
        if each is not error:
            lines.append(CHAIN_SEPARATORS[is_cause])
    return "".join(lines).rstrip("\n")


def cause_chain(error: BaseException) -> Iterator[tuple[BaseException, bool]]:
    """Yield what led to an error and at last itself, each with whether the next names it a cause.

    An error that leads back to itself is yielded once.
    """
    found: list[tuple[BaseException, bool]] = [(error, False)]
    while (before := preceding_error(found[-1][0])) and all(
        before[0] is not each for each, _ in found
    ):
        found.append(before)
    yield from reversed(found)


def preceding_error(error: BaseException) -> tuple[BaseException, bool] | None:
    """Return the error that led to another, and whether the other names it its cause."""
    if error.__cause__ is not None:
        return error.__cause__, True
    if error.__context__ is not None and not error.__suppress_context__:
        return error.__context__, False
    return None


def format_logged(
    exc_info: tuple[type[BaseException], BaseException, TracebackType | None],
) -> str:
    """Return what the logs have of an exception (structlog's shape of a formatter)."""
    return format_traceback(exc_info[1])
