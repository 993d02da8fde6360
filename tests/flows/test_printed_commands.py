"""Every printed command runs and shows results."""

import shlex
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from deploy.local.home import CHECKOUT
from services.console.cli import app
from shared.input.fault_texts import fill_template
from tests.console.printed_commands import FILLED_IN, NAMES, PRINTED
from tests.console.test_examples import read
from tests.flows.order_items import fibre
from tests.flows.province_part import nanjing
from tests.flows.site import Site
from tools.demo.province_import import import_city

WHOLE = {"demo", "up", "down", "bench", "test"}
"""These start, stop, measure or test a whole system: test_demo.py and tests/deploy run them."""

OFTEN_WRONG = "status"
"""Ends with 1 when there are troubles, which other tests on this system may have left."""

VALUES = {name.strip("{}"): value for name, value in FILLED_IN.items()}


def printed() -> set[str]:
    """Return each printed command that is complete, with placeholders filled in."""
    found = set()
    for _, line in PRINTED:
        words = shlex.split(fill_template(line, VALUES))
        if words[0] not in WHOLE and (tuple(words) not in NAMES or needs_nothing(words)):
            found.add(shlex.join(words))
    return found


def needs_nothing(words: list[str]) -> bool:
    """Tell whether a command is complete without arguments."""
    try:
        read(words)
    except (typer.TyperException, ValueError):  # of a command, or of a group
        return False
    return True


@pytest.fixture(scope="module")
def ordered(site: Site) -> None:
    """Data for the examples: a part of the province, a completed order and a failed one."""
    import_city(site.client("ops"), nanjing())
    place = site.exchange_area(legs=1)
    site.completed(site.order(fibre(place.served), external_id="DEMO-00001"))
    assert site.fulfil(site.accepted(site.order(fibre(place.served))))["state"] == "failed"
    assert run("catalogue apply examples/new-line", site, CHECKOUT).exit_code == 0
    for example in ("ftth-new", "new-line/orders/new"):
        submitted = run(f"order submit examples/{example}.json", site, CHECKOUT)
        assert submitted.exit_code == 0, submitted.output
        site.fulfil(submitted.output.split()[1])


def run(line: str, site: Site, folder: Path) -> Result:
    """Run a command on the system, from a folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KAITONG_HOME", str(site.home))
        patch.chdir(folder)
        return CliRunner().invoke(app, shlex.split(line))


@pytest.mark.usefixtures("ordered")
@pytest.mark.parametrize("line", sorted(printed()))
def test_a_printed_command_runs_and_shows_something(line: str, site: Site, tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(CHECKOUT / "examples")

    done = run(line, site, tmp_path)

    assert done.exit_code in ({0, 1} if line.startswith(OFTEN_WRONG) else {0}), done.output
    assert not isinstance(done.exception, Exception), done.exception
    found = done.output.splitlines()
    assert len(found) > (" list" in line), "a list has a head"
    assert not found[0].startswith("no "), found


def test_most_commands_are_printed_somewhere() -> None:
    assert {line.split()[0] for line in printed()} | WHOLE == {name[0] for name in NAMES if name}
