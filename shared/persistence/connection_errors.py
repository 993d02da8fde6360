"""Why a database cannot be reached, in one line for a person: what is wrong, and what to do."""

from typing import NamedTuple

from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError


class Unreachable(NamedTuple):
    """Why a database cannot be reached. Neither part names an address or a password."""

    why: str
    remedy: str


CAUSES: tuple[tuple[str, Unreachable], ...] = (
    (
        "connection refused",
        Unreachable("refuses connections", "start it, or correct the host and port in {setting}"),
    ),
    (
        "password authentication failed",
        Unreachable("refuses the password", "correct the role and the password in {setting}"),
    ),
    (
        "no password supplied",
        Unreachable("wants a password", "add the role's password to {setting}"),
    ),
    (
        "does not exist",
        Unreachable("has no such database or role", "make it, or correct {setting}"),
    ),
    (
        "is not permitted to log in",
        Unreachable("does not let the role log in", "ALTER ROLE ... LOGIN, or correct {setting}"),
    ),
    (
        "permission denied for database",
        Unreachable("does not let the role connect", "GRANT CONNECT to it, or correct {setting}"),
    ),
    (
        "no pg_hba.conf entry",
        Unreachable(
            "does not admit this machine and role",
            "add a line to pg_hba.conf, or correct {setting}",
        ),
    ),
    ("certificate", Unreachable("shows no valid certificate", "correct sslrootcert in {setting}")),
    ("ssl", Unreachable("does not agree about TLS", "correct sslmode in {setting}")),
    ("translate host name", Unreachable("has no known host", "correct the host in {setting}")),
    (
        "name or service not known",
        Unreachable("has no known host", "correct the host in {setting}"),
    ),
    ("failed to resolve host", Unreachable("has no known host", "correct the host in {setting}")),
    ("starting up", Unreachable("is starting", "wait: it is tried again by itself")),
    ("shutting down", Unreachable("is shutting down", "start it again")),
    (
        "too many clients",
        Unreachable("has no connection left", "raise max_connections, or run fewer processes"),
    ),
    (
        "connection slots",
        Unreachable("has no connection left", "raise max_connections, or run fewer processes"),
    ),
    (
        "timeout",
        Unreachable(
            "does not answer", "see whether it runs, and whether the network lets it through"
        ),
    ),
    (
        "no route to host",
        Unreachable(
            "cannot be reached by the network", "correct the host in {setting}, or the network"
        ),
    ),
)
"""By what libpq or the server says, in small letters; the first that fits."""

UNKNOWN = Unreachable("cannot be reached", "see its log; it is named in {setting}")


NO_CONNECTION = ("08", "28", "3D", "53300", "57P03")
"""SQLSTATEs, or their classes, of a server that lets nobody in."""


def setting_of(service: str) -> str:
    """Return the setting that says where a service's database is."""
    return f"KAITONG_DATABASE_{service.upper()}"


def why_unreachable(service: str, error: BaseException) -> Unreachable:
    """Return why a service's database cannot be reached, and what to do."""
    said = str(error).lower()
    why, remedy = next((found for needle, found in CAUSES if needle in said), UNKNOWN)
    return Unreachable(why, remedy.format(setting=setting_of(service)))


def is_unreachable(error: OperationalError) -> bool:
    """Tell whether there was no connection, rather than a statement that failed on one."""
    state = getattr(error.orig, "sqlstate", None) or ""
    return not state or state.startswith(NO_CONNECTION)


def in_one_line(service: str, url: str, error: BaseException) -> str:
    """Return it in one line, for whoever starts a process: with the address, without a password."""
    where, (why, remedy) = make_url(url), why_unreachable(service, error)
    place = f"{where.host or 'the local socket'}:{where.port or 5432}/{where.database or ''}"
    said = f" ({first_line(error)})" if why == UNKNOWN.why else ""
    return f"{setting_of(service)}: PostgreSQL at {place} {why}{said} — {remedy}"


def first_line(error: BaseException) -> str:
    """Return the first line of what the driver said."""
    said = str(getattr(error, "orig", None) or error)
    return next(iter(said.splitlines()), type(error).__name__)
