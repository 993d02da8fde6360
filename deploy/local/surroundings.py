"""What a process of the stack finds around it, and what is left when all are gone."""

import os
import shutil
from collections.abc import Mapping
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from deploy.local.cluster import remove_cluster
from deploy.local.home import CHECKOUT

STATE = ("postgres", "kafka", "state", "keys", "logs", "run")
"""All folders of a home that hold state; the others hold programs."""

DATABASE = "KAITONG_DATABASE_"


def setting_of(service: str) -> str:
    """Return the name of the setting that says where a service's database is."""
    return f"{DATABASE}{service.upper()}"


def environment_of(name: str, home: Path, places: Mapping[str, str]) -> dict[str, str]:
    """Return a process's environment: ours, its places, and no other service's password."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(DATABASE)}
    own = {
        "KAITONG_HOME": str(home),
        "KAITONG_STATE": str(home / "state" / name),
        "PYTHONPATH": str(CHECKOUT),
    }
    return inherited | own | dict(places)


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
