"""Reading values from the environment, with faults that a person can mend."""

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
"""Turns text into a value; raises ValueError with what is wrong and the remedy."""


class SettingsError(StartError):
    """The process cannot start with these settings. One line for each fault."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What one environment variable means."""

    name: str
    """`{SERVICE}` in it stands for the service's name in capitals."""

    about: str
    parse: Parser = str
    default: str | None = None
    """None: it must be set. `{home}` and `{service}` in it are filled in."""

    secret: bool = False
    """Neither shown nor logged."""


def declared_settings(kind: type) -> dict[str, Setting]:
    """Return what was declared for the fields of a class, as `Annotated[type, Setting(...)]`."""
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
    """Return a value for each setting of a class, by field.

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
    """Let nothing start with these faults.

    Raises:
        SettingsError: there is one.
    """
    if said := "\n".join(faults):
        raise SettingsError(said)


def read_setting(
    declared: Setting,
    environment: Mapping[str, str],
    placeholders: Mapping[str, str],
    faults: list[str],
) -> Any:  # noqa: ANN401  whatever the setting is
    """Return a setting's value; when it has none, say why in `faults` and return None."""
    name = declared.name.format(SERVICE=placeholders.get("service", "").upper())
    text = environment.get(name, "").strip() or (declared.default or "").format(**placeholders)
    if declared.default is None and not text:
        faults.append(f"{name} is not set: give {declared.about}")
        return None
    try:
        return declared.parse(text)
    except ValueError as error:
        shown = "" if declared.secret else f" is {text!r}, which"
        faults.append(f"{name}{shown} {error}")
        return None


def whole_number(low: int, high: int) -> Parser:
    """Return a reader of whole numbers from `low` to `high`."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,18}", text) or not low <= int(text) <= high:
            message = f"is not a whole number from {low} to {high}: give one"
            raise ValueError(message)
        return int(text)

    return read


def one_of(*words: str) -> Parser:
    """Return a reader of one of these words."""

    def read(text: str) -> str:
        if text.lower() not in words:
            message = f"is unknown: give one of {', '.join(words)}"
            raise ValueError(message)
        return text.lower()

    return read


def some_of(*words: str) -> Parser:
    """Return a reader of a comma-separated list of these words."""

    def read(text: str) -> frozenset[str]:
        given = frozenset(each.strip().lower() for each in text.split(",") if each.strip())
        if unknown := given.difference(words):
            message = (
                f"names {', '.join(sorted(unknown))}: give any of {', '.join(words)}, with commas"
            )
            raise ValueError(message)
        return given

    return read


def matching(pattern: str, description: str) -> Parser:
    """Return a reader of text that has to match a pattern."""

    def read(text: str) -> str:
        if not re.fullmatch(pattern, text):
            message = f"is not {description}: correct it"
            raise ValueError(message)
        return text

    return read


def folder(text: str) -> Path:
    """Read the path of a folder, which need not be there yet."""
    path = Path(text).expanduser().absolute()
    if path.exists() and not path.is_dir():
        message = "is not a folder: give a folder's path"
        raise ValueError(message)
    return path


def optional_folder(text: str) -> Path | None:
    """Read the path of a folder, or nothing."""
    return folder(text) if text else None


def optional_file(text: str) -> Path | None:
    """Read the path of a file that can be read, or nothing."""
    if not text:
        return None
    path = Path(text).expanduser().absolute()
    if not path.is_file():
        message = "is no file that is there: give the path of one"
        raise ValueError(message)
    return path


def database_url(text: str) -> str:
    """Read a PostgreSQL URL; return it in the spelling that names our driver.

    The URL carries TLS as well: `?sslmode=verify-full&sslrootcert=/path/ca.pem`.
    """
    remedy = "write postgresql://ROLE:PASSWORD@HOST:PORT/DATABASE"
    try:
        url = parse_database_url(text)
    except ValueError as error:
        message = f"is no database URL: {remedy}"
        raise ValueError(message) from error
    if url.drivername not in {"postgresql", "postgres", "postgresql+psycopg"} or not url.database:
        message = f"is no URL of a PostgreSQL database: {remedy}"
        raise ValueError(message)
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def parse_database_url(url: str) -> "URL":
    """Return a database URL in its parts.

    Raises:
        ValueError: if it is none.
    """
    # SQLAlchemy costs a third of a second to import, and commands have no database.
    from sqlalchemy.engine import make_url  # noqa: PLC0415
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    try:
        return make_url(url)
    except ArgumentError as error:
        raise ValueError(str(error)) from error


def credentials_of(url: str) -> tuple[str, str]:
    """Return role and password in a database URL; empty where there is none."""
    parsed = parse_database_url(url)
    return parsed.username or "", str(parsed.password or "")


def bootstrap_servers(text: str) -> str:
    """Read Kafka bootstrap servers: `host:port`, several with commas between."""
    given = [each.strip() for each in text.split(",")]
    if any(not re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[\w.-]+):[0-9]{1,5}", each) for each in given):
        message = "is not HOST:PORT, or several with commas between: correct it"
        raise ValueError(message)
    return ",".join(given)


def web_url(text: str) -> str:
    """Read an http or https URL without a slash at its end, or nothing."""
    if text and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", text):
        message = "is no http:// or https:// URL: correct it"
        raise ValueError(message)
    return text.rstrip("/")


def is_loopback(host: str) -> bool:
    """Tell whether an address can only be reached from this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def settings_page(kind: type) -> str:
    """Return all settings of a class as a page for people."""
    rows = declared_settings(kind).values()
    return "\n".join(
        [
            "# Settings",
            "",
            "Every process reads these from its environment. A fault stops the start with a line",
            "that names the setting, what is wrong and the remedy. Secrets are never logged.",
            "",
            "| setting | meaning | default |",
            "|---|---|---|",
            *(f"| `{row.name}` | {row.about} | {default_cell(row.default)} |" for row in rows),
            "",
        ]
    )


def default_cell(default: str | None) -> str:
    """Return a default as the table has it."""
    if default is None:
        return "must be set"
    return f"`{default}`" if default else ""
