"""Database URLs in settings: their parts, and their credentials."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.engine import URL


def parse_database_url(url: str) -> "URL":
    """Parse a database URL into its parts.

    Raises:
        ValueError: if it is not a database URL.
    """
    # Importing SQLAlchemy takes a third of a second, and commands use no database.
    from sqlalchemy.engine import make_url  # noqa: PLC0415
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    try:
        return make_url(url)
    except ArgumentError as error:
        raise ValueError(str(error)) from error


def credentials_of(url: str) -> tuple[str, str]:
    """Return role and password in a database URL; empty where it has none."""
    parsed = parse_database_url(url)
    return parsed.username or "", str(parsed.password or "")
