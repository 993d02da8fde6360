"""The text of an error for logs and tables: where it happened and which rule it broke, no values.

The text of an exception may repeat input, a name or a number. Our own errors repeat none, nor
do those of the database (database.py removes the values), the operating system and the Kafka
client. Of any other error only the type is kept, and of every error its stack frames.
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
"""msgspec's text for a value outside a closed list: the value, then its path."""

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


def describe_decode_error(error: Exception) -> str:
    """Return why a message cannot be decoded: the path and the rule, without the value."""
    text = UNKNOWN_FIELD.sub(r"\1\2", INVALID_VALUE.sub(r"\1\2", str(error)))
    return f"{type(error).__name__}: {text}"


def format_traceback(error: BaseException) -> str:
    """Return an error and its chain of causes, the first one first, each with its frames."""
    lines: list[str] = []
    for each, is_cause in cause_chain(error):
        lines += ["Traceback (most recent call last):\n", *format_tb(each.__traceback__)]
        lines.append(f"{describe_error(each)}\n")
        if each is not error:
            lines.append(CHAIN_SEPARATORS[is_cause])
    return "".join(lines).rstrip("\n")


def cause_chain(error: BaseException) -> Iterator[tuple[BaseException, bool]]:
    """Yield the chain of errors that ends with `error`, the first one first.

    Each comes with whether the next names it as its `__cause__`. A cycle ends the chain.
    """
    found: list[tuple[BaseException, bool]] = [(error, False)]
    while (before := preceding_error(found[-1][0])) and all(
        before[0] is not each for each, _ in found
    ):
        found.append(before)
    yield from reversed(found)


def preceding_error(error: BaseException) -> tuple[BaseException, bool] | None:
    """Return the error that led to `error`, and whether it is the `__cause__`."""
    if error.__cause__ is not None:
        return error.__cause__, True
    if error.__context__ is not None and not error.__suppress_context__:
        return error.__context__, False
    return None


def format_logged(
    exc_info: tuple[type[BaseException], BaseException, TracebackType | None],
) -> str:
    """Return the text of an exception for the logs (structlog's formatter interface)."""
    return format_traceback(exc_info[1])
