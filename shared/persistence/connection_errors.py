"""Why a database cannot be reached, in one line for a person: what is wrong, and what to do."""

from typing import NamedTuple

from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from shared.persistence.sqlstates import NO_CONNECTION, driver_error, sqlstate_of


class UnreachableReason(NamedTuple):
    """Why a database cannot be reached. Neither part names an address or a password."""

    why: str
    remedy: str


KNOWN_REASONS: tuple[tuple[str, UnreachableReason], ...] = (
    (
        "connection refused",
        UnreachableReason(
            "refuses connections", "start it, or correct the host and port in {setting}"
        ),
    ),
    (
        "password authentication failed",
        UnreachableReason("refuses the password", "correct the role and the password in {setting}"),
    ),
    (
        "no password supplied",
        UnreachableReason("requires a password", "add the role's password to {setting}"),
    ),
    (
        "does not exist",
        UnreachableReason("has no such database or role", "make it, or correct {setting}"),
    ),
    (
        "is not permitted to log in",
        UnreachableReason(
            "does not let the role log in", "ALTER ROLE ... LOGIN, or correct {setting}"
        ),
    ),
    (
        "permission denied for database",
        UnreachableReason(
            "does not let the role connect", "GRANT CONNECT to it, or correct {setting}"
        ),
    ),
    (
        "no pg_hba.conf entry",
        UnreachableReason(
            "does not admit this machine and role",
            "add a line to pg_hba.conf, or correct {setting}",
        ),
    ),
    (
        "certificate",
        UnreachableReason("presents no valid certificate", "correct sslrootcert in {setting}"),
    ),
    ("ssl", UnreachableReason("cannot negotiate TLS", "correct sslmode in {setting}")),
    (
        "translate host name",
        UnreachableReason("has no known host", "correct the host in {setting}"),
    ),
    (
        "name or service not known",
        UnreachableReason("has no known host", "correct the host in {setting}"),
    ),
    (
        "failed to resolve host",
        UnreachableReason("has no known host", "correct the host in {setting}"),
    ),
    ("starting up", UnreachableReason("is starting", "wait: it is retried automatically")),
    ("shutting down", UnreachableReason("is shutting down", "start it again")),
    (
        "too many clients",
        UnreachableReason(
            "has no connection left", "raise max_connections, or run fewer processes"
        ),
    ),
    (
        "connection slots",
        UnreachableReason(
            "has no connection left", "raise max_connections, or run fewer processes"
        ),
    ),
    (
        "timeout",
        UnreachableReason(
            "does not answer", "check that it runs and that the network lets it through"
        ),
    ),
    (
        "no route to host",
        UnreachableReason(
            "cannot be reached by the network", "correct the host in {setting}, or the network"
        ),
    ),
)
"""By a part of libpq's or the server's message, in lower case; the first match counts."""

UNKNOWN_REASON = UnreachableReason("cannot be reached", "see its log; it is named in {setting}")


def database_setting(service: str) -> str:
    """Return the name of the setting with the URL of a service's database."""
    return f"KAITONG_DATABASE_{service.upper()}"


def unreachable_reason(service: str, error: BaseException) -> UnreachableReason:
    """Return why a service's database cannot be reached, and what to do."""
    message = str(error).lower()
    matches = (reason for text, reason in KNOWN_REASONS if text in message)
    why, remedy = next(matches, UNKNOWN_REASON)
    return UnreachableReason(why, remedy.format(setting=database_setting(service)))


def is_unreachable(error: OperationalError) -> bool:
    """Return whether the connection failed, rather than a statement on it."""
    state = sqlstate_of(error)
    return not state or state.startswith(NO_CONNECTION)


def describe_unreachable(service: str, url: str, error: BaseException) -> str:
    """Return the reason and the remedy in one line, with the address, without a password."""
    parsed, (why, remedy) = make_url(url), unreachable_reason(service, error)
    address = f"{parsed.host or 'the local socket'}:{parsed.port or 5432}/{parsed.database or ''}"
    detail = f" ({first_line(error)})" if why == UNKNOWN_REASON.why else ""
    return f"{database_setting(service)}: PostgreSQL at {address} {why}{detail} — {remedy}"


def first_line(error: BaseException) -> str:
    """Return the first line of the driver's message."""
    message = str(driver_error(error))
    return next(iter(message.splitlines()), type(error).__name__)
