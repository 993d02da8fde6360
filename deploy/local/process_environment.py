"""Environment, secrets, installation name, readiness and state of a stack's processes."""

import json
import os
import secrets
import shutil
from collections.abc import Collection, Mapping
from contextlib import closing, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from deploy.local.databases import read_installation_name
from deploy.local.errors import StartError
from deploy.local.existing_engines import DATABASE_SETTING_PREFIX, database_setting_name
from deploy.local.home import CHECKOUT
from deploy.local.postgres_cluster import remove_cluster

SETTING_PREFIX = "KAITONG_"
"""Prefix of the names of settings."""

PERSON_KEY = "KAITONG_PERSON_KEY"
"""The setting with the key by which persons whose data were erased are recognised."""

SETTINGS_WITH_PERSONS = frozenset(
    {database_setting_name("customer"), database_setting_name("order")}
)
"""The settings of the databases with personal data."""

LOG_KEY = "KAITONG_LOG_KEY"
"""The setting with the key of pseudonyms: one customer has one in the logs of all services."""

INSTALLATION = "KAITONG_INSTALLATION"
"""The setting with the name that claims the topics: two checkouts may use one Kafka."""

RESTORED = "restored"
"""The kind of trouble of a service whose database was restored to an earlier state."""

STATE_FOLDERS = ("postgres", "kafka", "state", "keys", "logs", "run")
"""All folders of a home that hold state; the others hold programs."""


def environment_of(name: str, home: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """Return a process's environment: inherited, without database URLs, and its settings."""
    inherited = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(DATABASE_SETTING_PREFIX)
    }
    own = {
        "KAITONG_HOME": str(home),
        "KAITONG_STATE": str(home / "state" / name),
        "PYTHONPATH": str(CHECKOUT),
    }
    return inherited | own | dict(settings)


def environment_without_settings() -> dict[str, str]:
    """Return the inherited environment without any setting of Kaitong."""
    inherited = {
        key: value for key, value in os.environ.items() if not key.startswith(SETTING_PREFIX)
    }
    return inherited | {"PYTHONPATH": str(CHECKOUT)}


def get_or_create_secret(setting: str, home: Path) -> str:
    """Return the value of a secret setting; if it is not set, generate one once and store it."""
    if value := os.environ.get(setting, "").strip():
        return value
    file = secret_file(setting, home)
    if not file.exists():
        half = file.with_suffix(".half")
        half.unlink(missing_ok=True)
        half.touch(mode=0o600)
        half.write_text(secrets.token_urlsafe(32))
        half.rename(file)
    return file.read_text()


def secret_file(setting: str, home: Path) -> Path:
    """Return the path of the generated secret for a setting."""
    return home / "run" / setting.removeprefix("KAITONG_").lower().replace("_", ".")


def is_ready(url: str) -> bool:
    """Tell whether a service reports that it is ready."""
    return query_ready(url)[0] == HTTPStatus.OK


def is_started(url: str) -> bool:
    """Tell whether a service is ready, or reports that its database was restored.

    A takeover after a restore may take longer than any start.
    """
    status, body = query_ready(url)
    return status == HTTPStatus.OK or is_recovering(body)


def query_ready(url: str) -> tuple[int, bytes]:
    """Return status and body of a service's `/health/ready`; 0 for no answer."""
    try:
        with closing(HTTPConnection(url.removeprefix("http://"), timeout=5)) as connection:
            connection.request("GET", "/health/ready")
            answer = connection.getresponse()
            return answer.status, answer.read()
    except (OSError, HTTPException):
        return 0, b""


def is_recovering(body: bytes) -> bool:
    """Tell whether a body names a restored database, and no blocking trouble."""
    try:
        troubles = json.loads(body)["troubles"]
        is_blocked = any(each["is_blocking"] for each in troubles)
        return not is_blocked and any(each["kind"] == RESTORED for each in troubles)
    except (ValueError, KeyError, TypeError):
        return False


def purge(home: Path, keep: Collection[str] = ()) -> None:
    """Delete all state of a stack that does not run; fetched programs stay.

    Args:
        home: The folder of all state.
        keep: File names of the secrets that stay.
    """
    remove_cluster(home / "postgres")
    for name in STATE_FOLDERS:
        for path in (home / name).glob("*"):
            if path.name not in keep:
                delete(path)
        with suppress(OSError):
            (home / name).rmdir()  # fails for a folder with a secret that stays


def delete(path: Path) -> None:
    """Delete a file, or a folder with its content; ignore a missing one."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def secrets_needed_elsewhere(home: Path, existing: Collection[str]) -> list[Path]:
    """Return the secrets of a home that existing databases depend on.

    Args:
        home: The folder of all state.
        existing: The settings that name existing engines.
    """
    files = [secret_file(PERSON_KEY, home)] if SETTINGS_WITH_PERSONS & set(existing) else []
    return [each for each in files if each.exists()]


def resolve_installation_name(service: str, database_url: str, home: Path) -> str:
    """Return the installation's name: from the setting, else the database, else generated.

    Raises:
        StartError: The service's database belongs to another installation than the setting names.
    """
    configured = os.environ.get(INSTALLATION, "").strip()
    stored = read_installation_name(database_url)
    if configured and stored and configured != stored:
        message = (
            f"{service}: {INSTALLATION} is {configured}, and its database is {stored}'s — "
            f"set {stored}; rename the databases only if they are a copy (docs/runbook.md, "
            "foreign_topics)"
        )
        raise StartError(message)
    return configured or stored or get_or_create_secret(INSTALLATION, home)
