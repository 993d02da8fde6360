"""What the template forks is a process like any other."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import forks
from deploy.local.errors import StartError
from deploy.local.forks import Forks
from tests.deploy.waiting import until


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    """A template that runs."""
    found = Forks(tmp_path_factory.mktemp("template") / "template.log")
    found.start()
    yield found
    found.stop()
    found.close()


def test_what_is_forked_has_its_own_words_environment_folder_session_and_log(
    template: Forks, tmp_path: Path
) -> None:
    child = template.spawn(
        ["tests.deploy.teller", "3"], tmp_path / "log", {"ONLY": "this"}, tmp_path
    )

    assert child.wait(forks.START_S) == 3

    told, loud = (tmp_path / "log").read_text().splitlines()
    said = json.loads(told)
    assert (said["words"], said["environment"]) == (["3"], {"ONLY": "this"})
    assert (said["folder"], said["session"], said["pid"]) == (str(tmp_path), child.pid, child.pid)
    assert loud == "loud"


def test_nothing_of_any_one_service_is_loaded_for_another(template: Forks, tmp_path: Path) -> None:
    template.spawn(["tests.deploy.teller", "0"], tmp_path / "log", {}, tmp_path).wait(forks.START_S)

    modules = json.loads((tmp_path / "log").read_text().splitlines()[0])["modules"]
    assert "shared.run" in modules
    assert [each for each in modules if each.startswith("services")] == []


def test_what_is_killed_is_seen_to_have_been_killed(template: Forks, tmp_path: Path) -> None:
    child = template.spawn(["tests.deploy.sleeper"], tmp_path / "log", {}, tmp_path)

    child.send_signal(signal.SIGKILL)

    assert child.wait(forks.START_S) == -signal.SIGKILL


def test_what_is_forked_ends_with_the_template_which_is_started_for_the_next(
    tmp_path: Path,
) -> None:
    own = Forks(tmp_path / "template.log")
    first = own.spawn(["tests.deploy.sleeper"], tmp_path / "log", {}, tmp_path)
    own.server.kill()
    own.server.wait()
    until(lambda: not first.is_running() or first.status() == "zombie", "it ends too")

    second = own.spawn(["tests.deploy.teller", "0"], tmp_path / "log", {}, tmp_path)

    assert second.wait(forks.START_S) == 0
    own.stop()
    own.close()


def test_code_that_cannot_be_loaded_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forks, "LOADED", ("no_such_module",))
    broken = Forks(tmp_path / "template.log")

    with pytest.raises(StartError, match="No module named 'no_such_module'"):
        broken.spawn(["tests.deploy.teller", "0"], tmp_path / "log", {}, tmp_path)

    broken.close()
