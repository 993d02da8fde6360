"""Parse settings from environment variables; each fault names its remedy."""

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from shared.errors import StartError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

Parser = Callable[[str], Any]
"""Turns text into a value; raises ValueError with the fault and the remedy."""


class SettingsError(StartError):
    """The process cannot start with these settings. One line for each fault."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Declaration of one environment variable."""

    name: str
    """`{SERVICE}` in it stands for the service's name in capitals."""

    meaning: str
    parse: Parser = str
    default: str | None = None
    """None: it must be set. `{home}` and `{service}` in it are filled in."""

    secret: bool = False
    """Neither shown nor logged."""


def declared_settings(kind: type) -> dict[str, Setting]:
    """Return the settings that a class declares by field, as `Annotated[type, Setting(...)]`."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        field: each
        for field, hint in hints.items()
        for each in getattr(hint, "__metadata__", ())
        if isinstance(each, Setting)
    }


def read_settings(
    kind: type, environment: Mapping[str, str], placeholders: Mapping[str, str]
) -> dict[str, Any]:
    """Return the value of each setting of a class, by field.

    Raises:
        SettingsError: one line for each fault.
    """
    faults: list[str] = []
    values = {
        field: read_setting(declared, environment, placeholders, faults)
        for field, declared in declared_settings(kind).items()
    }
    raise_if_faults(faults)
    return values


def raise_if_faults(faults: Iterable[str]) -> None:
    """Raise an error that lists the faults, if there are any.

    Raises:
        SettingsError: one line for each fault.
    """
    if text := "\n".join(faults):
        raise SettingsError(text)


def read_setting(
    declared: Setting,
    environment: Mapping[str, str],
    placeholders: Mapping[str, str],
    faults: list[str],
) -> Any:  # noqa: ANN401  the setting's type
    """Return a setting's value; if it has none, append the reason to `faults`, return None."""
    name = declared.name.format(SERVICE=placeholders.get("service", "").upper())
    text = environment.get(name, "").strip() or (declared.default or "").format(**placeholders)
    if declared.default is None and not text:
        faults.append(f"{name} is not set: give {declared.meaning}")
        return None
    try:
        return declared.parse(text)
    except ValueError as error:
        shown = "" if declared.secret else f" is {text!r}, which"
        faults.append(f"{name}{shown} {error}")
        return None


def whole_number(low: int, high: int) -> Parser:
    """Return a parser of whole numbers from `low` to `high`."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,18}", text) or not low <= int(text) <= high:
            message = f"is not a whole number from {low} to {high}: give one"
            raise ValueError(message)
        return int(text)

    return parse


def one_of(*words: str) -> Parser:
    """Return a parser of one of these words."""

    def parse(text: str) -> str:
        if text.lower() not in words:
            message = f"is unknown: give one of {', '.join(words)}"
            raise ValueError(message)
        return text.lower()

    return parse


def some_of(*words: str) -> Parser:
    """Return a parser of a comma-separated list of these words."""

    def parse(text: str) -> frozenset[str]:
        given = frozenset(each.strip().lower() for each in text.split(",") if each.strip())
        if unknown := given.difference(words):
            message = (
                f"names {', '.join(sorted(unknown))}: give any of {', '.join(words)}, with commas"
            )
            raise ValueError(message)
        return given

    return parse


def matching(pattern: str, description: str) -> Parser:
    """Return a parser of text that has to match a pattern."""

    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            message = f"is not {description}: correct it"
            raise ValueError(message)
        return text

    return parse


def folder(text: str) -> Path:
    """Parse the path of a folder, which need not exist yet."""
    path = Path(text).expanduser().absolute()
    if path.exists() and not path.is_dir():
        message = "is not a folder: give a folder's path"
        raise ValueError(message)
    return path


def optional_folder(text: str) -> Path | None:
    """Parse the path of a folder; return None for an empty text."""
    return folder(text) if text else None


def optional_file(text: str) -> Path | None:
    """Parse the path of an existing file; return None for an empty text."""
    if not text:
        return None
    path = Path(text).expanduser().absolute()
    if not path.is_file():
        message = "is not an existing file: give the path of one"
        raise ValueError(message)
    return path


def database_url(text: str) -> str:
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


def bootstrap_servers(text: str) -> str:
    """Parse Kafka bootstrap servers: `host:port`, several separated by commas."""
    given = [each.strip() for each in text.split(",")]
    if any(not re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[\w.-]+):[0-9]{1,5}", each) for each in given):
        message = "is not HOST:PORT, or several separated by commas: correct it"
        raise ValueError(message)
    return ",".join(given)


def web_url(text: str) -> str:
    """Parse an http or https URL, or an empty text; strip slashes at its end."""
    if text and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", text):
        message = "is not an http:// or https:// URL: correct it"
        raise ValueError(message)
    return text.rstrip("/")


def is_loopback(host: str) -> bool:
    """Tell whether an address can only be reached from this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def settings_page(kind: type) -> str:
    """Return all settings of a class as a Markdown page."""
    rows = declared_settings(kind).values()
    return "\n".join(
        [
            "# Settings",
            "",
            "Every process reads these from its environment. After a fault it does not start, and",
            "prints a line with the setting, the fault and the remedy. Secrets are never logged.",
            "",
            "| setting | meaning | default |",
            "|---|---|---|",
            *(f"| `{row.name}` | {row.meaning} | {default_cell(row.default)} |" for row in rows),
            "",
        ]
    )


def default_cell(default: str | None) -> str:
    """Return the table cell for a default."""
    if default is None:
        return "must be set"
    return f"`{default}`" if default else ""
