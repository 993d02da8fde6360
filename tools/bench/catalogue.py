"""The blueprints and the catalogue of the bench's own products."""

import time
from pathlib import Path

import msgspec

from services.console.client import JSON, ApiError, Client

HERE = Path(__file__).parent
BLUEPRINT_TIMEOUT_S = 30.0
"""The order service receives blueprints as an event, usually within milliseconds."""

PAUSE_S = 0.1


def load_catalogue(client: Client) -> None:
    """Publish the blueprints, then the catalogue once the order service has the blueprints."""
    blueprints = msgspec.json.decode((HERE / "blueprints.json").read_bytes())
    client.post("provisioning", "/ops/v1/blueprints", blueprints)
    catalogue = msgspec.json.decode((HERE / "catalogue.json").read_bytes())
    end = time.monotonic() + BLUEPRINT_TIMEOUT_S
    while not _try_publish_catalogue(client, catalogue, is_last=time.monotonic() > end):
        time.sleep(PAUSE_S)


def _try_publish_catalogue(client: Client, catalogue: JSON, *, is_last: bool) -> bool:
    """Publish a catalogue; return False if blueprints are missing and this is not the last try."""
    try:
        client.post("order", "/ops/v1/catalogue", catalogue)
    except ApiError as error:
        codes = {each["code"] for each in error.problem.get("errors", ())}
        if is_last or codes != {"not-deliverable"}:
            raise
        return False
    return True
