"""`kaitong order show --follow`: the journey as it happens, on a whole running system."""

import json
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from deploy.local.home import CHECKOUT
from services.console.client import token_for
from services.console.errors import FAILURE, INTERRUPTED
from services.console.follow import FollowState, PendingAction
from services.console.journey import JourneyEvent, journey_of
from services.console.output import Styled
from tests.conftest import NOON
from tests.flows.order_items import fibre
from tests.flows.site import TIMEOUT_S, Site
from tests.flows.test_fallout import stopped_at_test

CREW = "waits for a crew: "
MOMENT = re.compile(r"\d+\t")


@dataclass(frozen=True)
class FollowProcess:
    """The command, while it runs."""

    process: subprocess.Popen[bytes]
    out: Path
    err: Path

    def lines(self, begin: str = "") -> list[str]:
        """Return the lines printed so far that begin with a text."""
        return [each for each in self.out.read_text().splitlines() if each.startswith(begin)]

    def ended(self) -> int:
        """Wait for the end; return its code."""
        return self.process.wait(TIMEOUT_S)


@pytest.fixture
def at_home(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The system, in the home that the command uses."""
    monkeypatch.setenv("KAITONG_HOME", str(site.home))
    return site


@contextmanager
def following(order_id: str, folder: Path, *words: str) -> Iterator[FollowProcess]:
    """Follow an order; the command is killed at the end."""
    command = [sys.executable, "-m", "services.console", "order", "show", order_id, "--follow"]
    # A test run in the background ignores SIGINT, and the command would inherit that.
    # Without PYTHONUNBUFFERED the command itself must write every line at once.
    launcher = [
        "env",
        "--default-signal=INT",
        "--unset=PYTHONUNBUFFERED",
        *command,
        *words,
    ]
    out, err = folder / "out", folder / "err"
    with out.open("wb") as to_out, err.open("wb") as to_err:
        process = subprocess.Popen(launcher, cwd=CHECKOUT, stdout=to_out, stderr=to_err)  # noqa: S603
    try:
        yield FollowProcess(process, out, err)
    finally:
        process.kill()
        process.wait()


def an_event(what: str, after_ms: int, service: str = "order") -> JourneyEvent:
    return JourneyEvent(
        NOON + timedelta(milliseconds=after_ms), service, "step", what, "", "done", ""
    )


def test_the_journey_is_printed_before_the_order_has_ended_and_each_event_once(
    at_home: Site, tmp_path: Path
) -> None:
    site = at_home
    order_id = site.accepted(site.order(fibre(site.exchange_area().served)))
    with following(order_id, tmp_path) as follower:
        site.until(lambda: follower.lines(CREW))
        early = [each for each in follower.lines() if "published order.accepted" in each]
        site.fulfil(order_id)
        code = follower.ended()

    assert (code, len(early)) == (0, 1)
    heading, *printed = follower.lines()
    assert heading.split("\t") == ["ms", "service", "what happened", "reason"]
    assert printed[0].split()[:2] == ["0", "order"]
    assert printed[-2].split("\t")[:2] == [order_id, "completed"]
    drawn = Counter(tuple(each.split("\t")[1:3]) for each in printed[:-2] if MOMENT.match(each))
    journey = journey_of(site.client("ops"), order_id)
    happened = Counter((each.service, each.text) for each in journey)
    own = Counter({each: times for each, times in happened.items() if each[0] == "order"})
    assert own <= drawn <= happened


def test_a_crew_that_an_order_waits_for_is_named_once_with_an_answer_that_works(
    at_home: Site, tmp_path: Path
) -> None:
    site = at_home
    order_id = site.accepted(site.order(fibre(site.exchange_area().served)))
    work_order = site.work_order(order_id, "install-onu")
    with following(order_id, tmp_path) as follower:
        (line,) = site.until(lambda: follower.lines(CREW))
        assert f"work order {work_order['id']} (1/install, install-onu)" in line
        token = token_for("ops", at=site.home)
        url = line.split()[-1]
        answer = httpx.post(url, headers={"Authorization": f"Bearer {token}"})
        assert answer.json()["state"] == "reported"
        code = follower.ended()

    assert code == 0, follower.err.read_text()
    assert len(follower.lines(CREW)) == 1


def test_an_order_that_is_held_points_at_its_fallout_and_what_can_be_decided(
    at_home: Site, tmp_path: Path
) -> None:
    site, place = at_home, at_home.exchange_area()
    order_id = stopped_at_test(site, place.olt, place.served)
    with following(order_id, tmp_path) as follower:
        (line,) = site.until(lambda: follower.lines("waits for people: "))
        assert "1/test" in line
        assert "no-optical-signal" in line
        assert f"/ops/v1/fallout/{order_id}/retry|skip|fail" in line
        site.decide(order_id, "fail")
        site.fulfil(order_id)
        code = follower.ended()

    assert code == FAILURE
    assert len(follower.lines("waits for people: ")) == 1


def test_an_interrupted_follower_says_that_the_order_continues(
    at_home: Site, tmp_path: Path
) -> None:
    site = at_home
    order_id = site.accepted(site.order(fibre(site.exchange_area().served)))
    with following(order_id, tmp_path) as follower:
        site.until(lambda: follower.lines(CREW))
        follower.process.send_signal(signal.SIGINT)
        code = follower.ended()

    (line,) = follower.err.read_text().splitlines()
    assert code == INTERRUPTED
    assert "the order continues" in line
    assert site.fulfil(order_id)["state"] == "completed"


def test_as_json_an_order_that_is_followed_is_one_object_at_its_end(
    at_home: Site, tmp_path: Path
) -> None:
    site = at_home
    order_id = site.accepted(site.order(fibre(site.exchange_area().served)))
    with following(order_id, tmp_path, "--json") as follower:
        site.fulfil(order_id)
        code = follower.ended()

    assert code == 0
    assert json.loads(follower.out.read_text())["state"] == "completed"


def test_an_event_that_a_service_reports_late_is_printed_once_with_its_own_time() -> None:
    state = FollowState()
    first, late, last = an_event("first", 0), an_event("late", 5, "customer"), an_event("last", 9)

    shown = [
        [list(row) for row in state.take_new_rows(journey)]
        for journey in ([first, last], [first, late, last], [first, late, last])
    ]

    assert [len(lines) for lines in shown] == [3, 1, 0]
    ((ms, service, *_),) = shown[1]
    assert (ms, service) == ("5", Styled("customer", "green"))


def test_a_pending_action_is_printed_once_while_it_waits() -> None:
    state, crew, other = (
        FollowState(),
        PendingAction("1", "waits for a crew"),
        PendingAction("2", "waits for a crew"),
    )

    shown = [
        len(list(state.take_new_action_lines(asks))) for asks in ([crew], [crew], [crew, other])
    ]

    assert shown == [1, 0, 1]


def test_two_equal_events_are_both_printed() -> None:
    equal_events = [an_event("same", 0), an_event("same", 0)]

    assert len(list(FollowState().take_new_rows(equal_events))) == 1 + len(equal_events)


def test_an_event_is_one_line_whatever_its_reason_says() -> None:
    (_, row) = FollowState().take_new_rows([replace(an_event("[bold]", 0), reason="dark\nfibre")])

    assert row[2] == "step [bold] new to done"
    assert row[3] == "dark fibre"
