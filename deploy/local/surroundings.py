"""What a process of the stack finds around it, and what is left when all are gone."""

import os
import secrets
import shutil
from collections.abc import Mapping
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from deploy.local.cluster import remove_cluster
from deploy.local.existing import DATABASE
from deploy.local.home import CHECKOUT

PERSON_KEY = "KAITONG_PERSON_KEY"
"""The setting by which the customer service recognises persons whose data were erased."""

LOG_KEY = "KAITONG_LOG_KEY"
"""The setting by which one customer gets one mark in the logs of all services."""

INSTALLATION = "KAITONG_INSTALLATION"
"""The setting under which the topics are claimed: two checkouts may be given one Kafka."""

STATE = ("postgres", "kafka", "state", "keys", "logs", "run")
"""All folders of a home that hold state; the others hold programs."""


def environment_of(name: str, home: Path, places: Mapping[str, str]) -> dict[str, str]:
    """Return a process's environment: ours, its places, and no other service's password."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(DATABASE)}
    own = {
        "KAITONG_HOME": str(home),
        "KAITONG_STATE": str(home / "state" / name),
        "PYTHONPATH": str(CHECKOUT),
    }
    return inherited | own | dict(places)


def secret_of(setting: str, home: Path) -> str:
    """Return what a secret setting says, else what is made up for it once and kept."""
    if said := os.environ.get(setting, "").strip():
        return said
    file = home / "run" / setting.removeprefix("KAITONG_").lower().replace("_", ".")
    if not file.exists():
        half = file.with_suffix(".half")
        half.unlink(missing_ok=True)
        half.touch(mode=0o600)
        half.write_text(secrets.token_urlsafe(32))
        half.rename(file)
    return file.read_text()


def is_ready(url: str) -> bool:
    """Tell whether a service says that it is ready."""
    try:
        with closing(HTTPConnection(url.removeprefix("http://"), timeout=5)) as connection:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False


def purge(home: Path) -> None:
    """Delete all state of a stack that does not run; programs that were fetched stay."""
    remove_cluster(home / "postgres")
    for name in STATE:
        shutil.rmtree(home / name, ignore_errors=True)
