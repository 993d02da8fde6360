"""What shows how a test broke a system, kept when the system is deleted."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from deploy.local.stack import SERVICES
from tests.chaos.database_restore import dump_database
from tests.chaos.topic_contents import read_topics
from tests.flows.site import Site
from tools.verify import find_violations


def save_artifacts(site: Site, folder: Path, faults: Sequence[str]) -> Path:
    """Copy the logs, and write down the faults, the databases and what lies in the topics."""
    shutil.copytree(site.home / "logs", folder / "logs")
    (folder / "faults.txt").write_text("\n".join(faults))
    for service in SERVICES:
        dump_database(site, service, str(folder / f"{service}.dump"))
    (folder / "topics.txt").write_text("\n".join(map(str, read_topics(site.record.kafka))))
    return folder


def save_artifacts_of_failed(site: Site) -> str:
    """Keep what a failed test has left, as far as it can be had; say where it is."""
    folder = Path(tempfile.mkdtemp(prefix="kaitong-failed-"))
    try:
        save_artifacts(site, folder, find_violations(site.record))
    except Exception as error:  # noqa: BLE001  the test has failed already, and that is told
        return f"{folder}, but not all of it: {error!r}"
    return str(folder)
