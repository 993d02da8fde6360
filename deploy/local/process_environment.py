"""What a process of the stack finds around it, and what is left when all are gone."""

import json
import os
import secrets
import shutil
from collections.abc import Collection, Mapping
from contextlib import closing, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from deploy.local.existing_engines import DATABASE_SETTING_PREFIX, setting_of
from deploy.local.home import CHECKOUT
from deploy.local.postgres_cluster import remove_cluster

SETTING_PREFIX = "KAITONG_"
"""How the name of a setting begins."""

PERSON_KEY = "KAITONG_PERSON_KEY"
"""The setting by which the customer service recognises persons whose data were erased."""

SETTINGS_WITH_PERSONS = frozenset({setting_of("customer"), setting_of("order")})
"""The settings of the databases that keep something of persons."""

LOG_KEY = "KAITONG_LOG_KEY"
"""The setting by which one customer gets one mark in the logs of all services."""

INSTALLATION = "KAITONG_INSTALLATION"
"""The setting under which the topics are claimed: two checkouts may be given one Kafka."""

RESTORED = "restored"
"""The kind of trouble that a service names whose database was set back."""

STATE_FOLDERS = ("postgres", "kafka", "state", "keys", "logs", "run")
"""All folders of a home that hold state; the others hold programs."""


def environment_of(name: str, home: Path, places: Mapping[str, str]) -> dict[str, str]:
    """Return a process's environment: ours, its places, and no other service's password."""
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
    return inherited | own | dict(places)


def environment_without_settings() -> dict[str, str]:
    """Return the environment of a process that is given no setting of Kaitong."""
    inherited = {
        key: value for key, value in os.environ.items() if not key.startswith(SETTING_PREFIX)
    }
    return inherited | {"PYTHONPATH": str(CHECKOUT)}


def secret_of(setting: str, home: Path) -> str:
    """Return what a secret setting says, else what is made up for it once and kept."""
    if said := os.environ.get(setting, "").strip():
        return said
    file = secret_file(setting, home)
    if not file.exists():
        half = file.with_suffix(".half")
        half.unlink(missing_ok=True)
        half.touch(mode=0o600)
        half.write_text(secrets.token_urlsafe(32))
        half.rename(file)
    return file.read_text()


def secret_file(setting: str, home: Path) -> Path:
    """Return where a secret lies that was made up for a setting."""
    return home / "run" / setting.removeprefix("KAITONG_").lower().replace("_", ".")


def is_ready(url: str) -> bool:
    """Tell whether a service says that it is ready."""
    return ask_ready(url)[0] == HTTPStatus.OK


def is_started(url: str) -> bool:
    """Tell whether a service is ready, or says that its database was restored.

    Making up for what a restore has lost may take longer than any start.
    """
    status, body = ask_ready(url)
    return status == HTTPStatus.OK or is_recovering(body)


def ask_ready(url: str) -> tuple[int, bytes]:
    """Return what a service answers to the question whether it is ready; 0 for no answer."""
    try:
        with closing(HTTPConnection(url.removeprefix("http://"), timeout=5)) as connection:
            connection.request("GET", "/health/ready")
            answer = connection.getresponse()
            return answer.status, answer.read()
    except (OSError, HTTPException):
        return 0, b""


def is_recovering(body: bytes) -> bool:
    """Tell whether an answer names a restored database, and nothing that keeps requests out."""
    try:
        troubles = json.loads(body)["troubles"]
        is_kept_out = any(each["is_blocking"] for each in troubles)
        return not is_kept_out and any(each["kind"] == RESTORED for each in troubles)
    except (ValueError, KeyError, TypeError):
        return False


def purge(home: Path, keep: Collection[str] = ()) -> None:
    """Delete all state of a stack that does not run; programs that were fetched stay.

    Args:
        home: Keeps all state.
        keep: Secrets that stay, by the names of their files.
    """
    remove_cluster(home / "postgres")
    for name in STATE_FOLDERS:
        for path in (home / name).glob("*"):
            if path.name not in keep:
                delete(path)
        with suppress(OSError):
            (home / name).rmdir()  # one that holds a secret still stays


def delete(path: Path) -> None:
    """Delete a file or a folder with all that it holds; one that is gone is as good."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def secrets_needed_elsewhere(home: Path, existing: Collection[str]) -> list[Path]:
    """Return the secrets of a home without which databases elsewhere lose something.

    Args:
        home: Keeps all state.
        existing: The settings that name engines elsewhere.
    """
    files = [secret_file(PERSON_KEY, home)] if SETTINGS_WITH_PERSONS & set(existing) else []
    return [each for each in files if each.exists()]
