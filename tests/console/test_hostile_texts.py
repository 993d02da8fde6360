r"""Every command shows hostile texts of users and services escaped, in a pipe and on a terminal."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from unicodedata import category

import pytest

from services.console.errors import UNAVAILABLE
from tests.console.command import commands, in_a_terminal, kaitong
from tests.flows.order_items import fibre
from tests.flows.site import Site
from tests.flows.test_fallout import stopped_at_test

MARKUP = "[/][bold]x"
HOSTILE = f"{MARKUP}\x1b]0;owned\a\x9b2J\u202e\nend"
SHOWN = rf"{MARKUP}\x1b]0;owned\x07\x9b2J\u202e\nend"


@dataclass(frozen=True)
class HostileInput:
    """The inputs of the commands."""

    order: str
    """An order that failed, with hostile texts of its crew and of operators."""

    file: Path
    """An order of an unknown offering, in a file with a hostile name."""


@pytest.fixture(scope="module")
def hostile(site: Site, folder: Path) -> HostileInput:
    """An order with hostile texts."""
    place = site.exchange_area()
    order_id = stopped_at_test(site, place.olt, place.served, external_id=MARKUP)
    site.decide(order_id, "fail", reason=HOSTILE)
    site.fulfil(order_id)
    file = folder / f"{HOSTILE.replace(chr(47), chr(124))}.json"
    item = fibre(place.served, id_=HOSTILE) | {"productOffering": {"id": HOSTILE}}
    file.write_text(json.dumps(site.order(item)), encoding="utf-8")
    return HostileInput(order_id, file)


WORDS: Mapping[tuple[str, ...], Callable[[HostileInput], list[list[str]]]] = {
    ("demo",): lambda hostile: [
        *(["--json", f"{hostile.file}/x.json"], ["--orders", HOSTILE], ["--part", HOSTILE])
    ],
    ("up",): lambda _: [[HOSTILE]],
    ("down",): lambda _: [[HOSTILE]],
    ("status",): lambda hostile: [["--json", f"{hostile.file}/status.json"]],
    ("token",): lambda _: [[HOSTILE]],
    ("bench",): lambda _: [["--case", HOSTILE], ["--suspends", HOSTILE]],
    ("test",): lambda _: [["--only", HOSTILE]],
    ("order", "submit"): lambda hostile: [
        [str(hostile.file)],
        ["--json", str(hostile.file)],
        [HOSTILE],
    ],
    ("order", "show"): lambda hostile: [
        *([hostile.order], [hostile.order, "--follow"], [hostile.order, "--json"], [HOSTILE])
    ],
    ("order", "list"): lambda _: [[], ["--json"], ["--state", HOSTILE]],
    ("catalogue", "check"): lambda _: [[], ["--json"], [HOSTILE]],
    ("blueprint", "draw"): lambda _: [[HOSTILE]],
    ("catalogue", "plan"): lambda hostile: [[str(hostile.file)], [HOSTILE]],
    ("catalogue", "apply"): lambda hostile: [[str(hostile.file)], [HOSTILE]],
    ("billing", "reconcile"): lambda hostile: [
        ["--network", HOSTILE, "--day", HOSTILE],
        ["--network", "025", "--day", "2026-01-31", "--output", f"{hostile.file}/x.csv"],
    ],
    ("numbers", "search"): lambda _: [[HOSTILE], ["--grade", HOSTILE, "--exchange", HOSTILE]],
}
"""By command: the arguments to run it with."""


def test_every_command_is_tried() -> None:
    assert set(WORDS) == set(commands())


@pytest.mark.parametrize("command", WORDS, ids=" ".join)
@pytest.mark.parametrize("columns", [0, 80], ids=["pipe", "terminal"])
def test_a_command_shows_what_was_said_as_it_is(
    command: tuple[str, ...],
    columns: int,
    site: Site,
    hostile: HostileInput,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KAITONG_HOME", str(site.home))
    for words in WORDS[command](hostile):
        shown = all_of(*command, *words, columns=columns)
        obeyed = {each for each in shown if category(each) in {"Cc", "Cf", "Zl", "Zp"}}
        assert obeyed <= {"\n", "\t"}, (words, shown)
        assert "Traceback" not in shown, (words, shown)
        assert shown, words


def all_of(*words: str, columns: int) -> str:
    """Return all output of a command."""
    if columns:
        return in_a_terminal(*words, columns=columns)
    answer = kaitong(*words)
    return answer.stdout + answer.stderr


@pytest.mark.parametrize("columns", [0, 40], ids=["pipe", "terminal"])
def test_ids_are_shown_whole_at_any_width(
    columns: int, site: Site, hostile: HostileInput, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAITONG_HOME", str(site.home))

    listed = all_of("order", "list", columns=columns).splitlines()
    shown = all_of("order", "show", hostile.order, columns=columns).splitlines()

    gap = "  " if columns else "\t"
    (line,) = (each for each in listed if each.startswith(hostile.order))
    assert line.split(gap)[:2] == [hostile.order, MARKUP]
    assert any(line.split(gap)[:3] == [hostile.order, "failed", MARKUP] for line in shown)


@pytest.mark.parametrize("command", [("up",), ("down",), ("status",)], ids=" ".join)
def test_a_home_that_cannot_be_used_is_named_as_it_is(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / HOSTILE.replace("/", "|")
    place.touch()
    monkeypatch.setenv("KAITONG_HOME", str(place))

    answer = kaitong(*command)

    assert answer.returncode == UNAVAILABLE
    assert SHOWN.replace("/", "|") in answer.stderr
    assert len(answer.stderr.splitlines()) == 1
