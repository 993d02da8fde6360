"""The artifacts of a failed test are saved."""

import shutil
from pathlib import Path

import pytest

from deploy.local.stack_record import SERVICES
from tests.chaos import failure_artifacts
from tests.flows.order_items import fibre
from tests.flows.site import Site


def test_logs_faults_databases_and_messages_are_kept(site: Site, tmp_path: Path) -> None:
    order = site.completed(site.order(fibre(site.exchange_area().served)))

    folder = failure_artifacts.save_artifacts(site, tmp_path / "kept", ["a fault"])

    assert (folder / "faults.txt").read_text() == "a fault"
    assert order["id"] in (folder / "topics.txt").read_text()
    assert (folder / "logs" / "order.log").stat().st_size
    assert all((folder / f"{each}.dump").stat().st_size for each in SERVICES)


def test_an_artifact_that_cannot_be_saved_is_reported(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out(*_: object) -> list[str]:
        msg = "the database is out"
        raise OSError(msg)

    monkeypatch.setattr(failure_artifacts, "find_violations", out)

    message = failure_artifacts.save_artifacts_of_failed(site)

    assert "but not all of it: OSError('the database is out')" in message
    shutil.rmtree(message.partition(",")[0])
