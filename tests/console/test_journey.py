"""How the console draws an order's journey."""

from datetime import timedelta
from typing import Any

from rich.console import Console

from services.console.journey import Moment, timeline
from tests.conftest import NOON


def a_moment(**differences: Any) -> Moment:
    usual = {
        "at": NOON.isoformat(),
        "service": "resources",
        "kind": "number",
        "what": "+862580001020",
        "was": "idle",
        "became": "reserved",
        "reason": "",
    }
    return Moment.of(usual | differences)


def drawn(*moments: Moment) -> str:
    console = Console(width=120)
    with console.capture() as captured:
        console.print(timeline(moments))
    return captured.get()


def test_a_timeline_names_the_number_and_counts_from_the_begin() -> None:
    later = (NOON + timedelta(milliseconds=250)).isoformat()

    shown = drawn(a_moment(), a_moment(at=later, was="reserved", became="in_use"))

    assert "+862580001020 idle to reserved" in shown
    assert shown.splitlines()[-1].split()[:2] == ["250", "resources"]


def test_a_timeline_shows_brackets_as_they_are() -> None:
    shown = drawn(a_moment(kind="leg", what="NJ[bold]SP", reason="seen [red] by [/]"))

    assert "NJ[bold]SP" in shown
    assert "seen [red] by [/]" in shown
