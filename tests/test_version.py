"""One version: in the project, the change log, the command line, metrics, APIs and messages."""

import tomllib
from datetime import UTC, datetime
from uuid import uuid4

from deploy.local.home import CHECKOUT
from services.console.status import StackStatus
from shared.contracts import Causation, Envelope, ReleaseRequested
from shared.observability.metrics import REGISTRY
from shared.version import VERSION
from tests.console.command import kaitong
from tests.kernel import TENANT

CHANGELOG = (CHECKOUT / "CHANGELOG.md").read_text()


def test_the_project_and_the_change_log_have_the_version_of_the_code() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    newest = next(line for line in CHANGELOG.splitlines() if line.startswith("## "))

    assert (project["version"], newest) == (VERSION, f"## {VERSION}")


def test_the_command_line_prints_it() -> None:
    assert kaitong("--version").stdout == f"kaitong {VERSION}\n"


def test_the_status_has_it() -> None:
    assert StackStatus([], {}, [], []).as_json()["version"] == VERSION


def test_metrics_have_it() -> None:
    assert REGISTRY.get_sample_value("kaitong_build", {"version": VERSION}) == 1


def test_a_message_says_which_version_published_it() -> None:
    cause = Causation(uuid4(), uuid4(), TENANT)
    message = ReleaseRequested(order_id=uuid4())

    envelope = Envelope.wrap(message, cause, 0, 1, datetime.now(UTC))

    assert envelope.sourceversion == VERSION
