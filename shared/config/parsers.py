"""Types of settings: each parses a variable's text; a fault says what is wrong and what to do.

Pydantic's own types accept more than an operator should write (`8_000` is a number to them), and
their texts name no remedy.
"""

import re
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator

from shared.config.database_url import parse_database_url


def whole_number(low: int, high: int) -> BeforeValidator:
    """Return a parser of whole numbers from `low` to `high`."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,18}", text) or not low <= int(text) <= high:
            message = f"is not a whole number from {low} to {high}: give one"
            raise ValueError(message)
        return int(text)

    return BeforeValidator(parse)


def one_of(*words: str) -> BeforeValidator:
    """Return a parser of one of these words."""

    def parse(text: str) -> str:
        if text.lower() not in words:
            message = f"is unknown: give one of {', '.join(words)}"
            raise ValueError(message)
        return text.lower()

    return BeforeValidator(parse)


def some_of(*words: str) -> BeforeValidator:
    """Return a parser of a comma-separated list of these words."""

    def parse(text: str) -> frozenset[str]:
        given = frozenset(each.strip().lower() for each in text.split(",") if each.strip())
        if unknown := given.difference(words):
            message = (
                f"names {', '.join(map(repr, sorted(unknown)))}: "
                f"give any of {', '.join(words)}, with commas"
            )
            raise ValueError(message)
        return given

    return BeforeValidator(parse)


def matching(pattern: str, description: str) -> BeforeValidator:
    """Return a parser of text that has to match a pattern."""

    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            message = f"is not {description}: correct it"
            raise ValueError(message)
        return text

    return BeforeValidator(parse)


def parse_folder(text: str) -> Path:
    """Parse the path of a folder, which need not exist yet."""
    path = Path(text).expanduser().absolute()
    if path.exists() and not path.is_dir():
        message = "is not a folder: give a folder's path"
        raise ValueError(message)
    return path


def parse_file(text: str) -> Path:
    """Parse the path of an existing file."""
    path = Path(text).expanduser().absolute()
    if not path.is_file():
        message = "is not an existing file: give the path of one"
        raise ValueError(message)
    return path


def parse_postgresql_url(text: str) -> str:
    """Parse a PostgreSQL URL; return it with the driver `postgresql+psycopg`.

    The URL carries TLS as well: `?sslmode=verify-full&sslrootcert=/path/ca.pem`.
    """
    remedy = "write postgresql://ROLE:PASSWORD@HOST:PORT/DATABASE"
    try:
        url = parse_database_url(text)
    except ValueError as error:
        message = f"is not a database URL: {remedy}"
        raise ValueError(message) from error
    if url.drivername not in {"postgresql", "postgres", "postgresql+psycopg"} or not url.database:
        message = f"is not a URL of a PostgreSQL database: {remedy}"
        raise ValueError(message)
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def parse_bootstrap_servers(text: str) -> str:
    """Parse Kafka bootstrap servers: `host:port`, several separated by commas."""
    given = [each.strip() for each in text.split(",")]
    if any(not re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[\w.-]+):[0-9]{1,5}", each) for each in given):
        message = "is not HOST:PORT, or several separated by commas: correct it"
        raise ValueError(message)
    return ",".join(given)


def parse_web_url(text: str) -> str:
    """Parse an http or https URL; strip slashes at its end."""
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", text):
        message = "is not an http:// or https:// URL: correct it"
        raise ValueError(message)
    return text.rstrip("/")


Folder = Annotated[Path, BeforeValidator(parse_folder)]
OptionalFolder = Annotated[Path | None, BeforeValidator(parse_folder)]
OptionalFile = Annotated[Path | None, BeforeValidator(parse_file)]
DatabaseUrl = Annotated[str, BeforeValidator(parse_postgresql_url)]
BootstrapServers = Annotated[str, BeforeValidator(parse_bootstrap_servers)]
WebUrl = Annotated[str, BeforeValidator(parse_web_url)]
