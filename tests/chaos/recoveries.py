"""The recovery of a service whose database was restored, as its API reports it."""

import time
from datetime import UTC, datetime
from typing import Any

from services.console.errors import CommandError
from tests.flows.site import Site

NOTICE_TIMEOUT_S = 150.0
"""A database that lost nothing, because nothing happened, is not recovered at all."""

RECOVERY_TIMEOUT_S = 900.0
"""After an hour that was lost, tens of thousands of messages are read again."""


def wait_for_recovery(site: Site, service: str, lost_at: float, notice_s: float) -> Any:
    """Wait for the end of the recovery after a restore, and return it; None if none begins."""
    if not happens_within(lambda: latest_recovery(site, service, lost_at), notice_s):
        return None
    return site.until(
        lambda: (
            found
            if (found := latest_recovery(site, service, lost_at)) and found["ended_at"]
            else None
        ),
        timeout_s=RECOVERY_TIMEOUT_S,
    )


def happens_within(condition: Any, timeout_s: float) -> bool:
    """Tell whether a condition becomes true in time."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.2)
    return False


def latest_recovery(site: Site, service: str, since: float) -> Any:
    """Return the latest recovery of a service, if it noticed it since a moment."""
    try:
        found = site.client("viewer").get(service, "/ops/v1/recoveries")
    except CommandError:
        return None  # it restarts
    noticed = found and datetime.fromisoformat(found[0]["noticed_at"])
    return found[0] if noticed and noticed > datetime.fromtimestamp(since, UTC) else None


def acknowledge_recovery(site: Site, service: str, id_: str) -> None:
    """Acknowledge a recovery as a person, which ends its trouble."""
    site.client("ops").post(service, f"/ops/v1/recoveries/{id_}/acknowledge", {})
