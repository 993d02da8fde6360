"""Artifacts of a failed test, kept when its system is deleted."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from deploy.local.stack_record import SERVICES
from tests.chaos.database_restore import dump_database
from tests.chaos.topic_contents import read_topics
from tests.flows.site import Site
from tools.verify import find_violations


def save_artifacts(site: Site, folder: Path, faults: Sequence[str]) -> Path:
    """Save the logs, the faults, dumps of the databases and the contents of the topics."""
    shutil.copytree(site.home / "logs", folder / "logs")
    (folder / "faults.txt").write_text("\n".join(faults))
    for service in SERVICES:
        dump_database(site, service, str(folder / f"{service}.dump"))
    (folder / "topics.txt").write_text("\n".join(map(str, read_topics(site.record.kafka))))
    return folder


def save_artifacts_of_failed(site: Site) -> str:
    """Save the artifacts of a failed test as far as possible; return where they are."""
    folder = Path(tempfile.mkdtemp(prefix="kaitong-failed-"))
    try:
        save_artifacts(site, folder, find_violations(site.record))
    except Exception as error:  # noqa: BLE001  the test has failed already, and that is reported
        return f"{folder}, but not all of it: {error!r}"
    return str(folder)
