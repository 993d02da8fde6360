"""How the console prints an order's journey."""

from datetime import timedelta
from typing import Any

import pytest

from services.console.journey import JourneyEvent, print_journey
from tests.conftest import NOON


def an_event(**differences: Any) -> JourneyEvent:
    usual = {
        "at": NOON.isoformat(),
        "service": "resources",
        "kind": "number",
        "what": "+862580001020",
        "was": "idle",
        "became": "reserved",
        "reason": "",
    }
    return JourneyEvent.of(usual | differences)


def test_a_timeline_names_the_number_and_counts_from_the_begin(
    capsys: pytest.CaptureFixture[str],
) -> None:
    later = (NOON + timedelta(milliseconds=250)).isoformat()

    print_journey([an_event(), an_event(at=later, was="reserved", became="in_use")])

    shown = capsys.readouterr().out
    assert "+862580001020 idle to reserved" in shown
    assert shown.splitlines()[-1].split()[:2] == ["250", "resources"]


def test_a_timeline_shows_what_a_terminal_would_obey_in_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_journey([an_event(reason="\x1b[31m\x9bdark\nfibre\u202e")])

    assert capsys.readouterr().out.endswith("\t\\x1b[31m\\x9bdark fibre\\u202e\n")


def test_a_timeline_shows_brackets_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    print_journey([an_event(kind="leg", what="NJ[bold]SP", reason="seen [red] by [/]")])

    shown = capsys.readouterr().out
    assert "NJ[bold]SP" in shown
    assert "seen [red] by [/]" in shown
