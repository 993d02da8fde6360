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
from tests.flows.test_people import stopped_at_test

CREW = "waits for a crew: "
MOMENT = re.compile(r"\d+\t")


@dataclass(frozen=True)
class Onlooker:
    """The command, while it runs."""

    process: subprocess.Popen[bytes]
    out: Path
    err: Path

    def lines(self, begin: str = "") -> list[str]:
        """Return what was printed so far, of the lines that begin so."""
        return [each for each in self.out.read_text().splitlines() if each.startswith(begin)]

    def ended(self) -> int:
        """Wait for the end; return its code."""
        return self.process.wait(TIMEOUT_S)


@pytest.fixture
def at_home(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The system, as the one that the command finds."""
    monkeypatch.setenv("KAITONG_HOME", str(site.home))
    return site


@contextmanager
def following(order_id: str, folder: Path, *words: str) -> Iterator[Onlooker]:
    """Follow an order; whoever still does so at the end is stopped."""
    command = [sys.executable, "-m", "services.console", "order", "show", order_id, "--follow"]
    # Whoever runs the tests in the background ignores interrupts, and so would the command.
    # Nor does Python write every line at once by itself.
    heeding = ["env", "--default-signal=INT", "--unset=PYTHONUNBUFFERED", *command, *words]
    out, err = folder / "out", folder / "err"
    with out.open("wb") as to_out, err.open("wb") as to_err:
        process = subprocess.Popen(heeding, cwd=CHECKOUT, stdout=to_out, stderr=to_err)  # noqa: S603
    try:
        yield Onlooker(process, out, err)
    finally:
        process.kill()
        process.wait()


def a_moment(what: str, after_ms: int, service: str = "order") -> JourneyEvent:
    return JourneyEvent(
        NOON + timedelta(milliseconds=after_ms), service, "step", what, "", "done", ""
    )


def test_the_journey_is_told_before_the_order_has_ended_and_each_moment_once(
    at_home: Site, tmp_path: Path
) -> None:
    site = at_home
    order_id = site.accepted(site.order(fibre(site.exchange_area().served)))
    with following(order_id, tmp_path) as onlooker:
        site.until(lambda: onlooker.lines(CREW))
        early = [each for each in onlooker.lines() if "told order.accepted" in each]
        site.fulfil(order_id)
        code = onlooker.ended()

    assert (code, len(early)) == (0, 1)
    heading, *told = onlooker.lines()
    assert heading.split("\t") == ["ms", "service", "what happened", "reason"]
    assert told[0].split()[:2] == ["0", "order"]
    assert told[-2].split("\t")[:2] == [order_id, "completed"]
    drawn = Counter(tuple(each.split("\t")[1:3]) for each in told[:-2] if MOMENT.match(each))
    journey = journey_of(site.client("ops"), order_id)
    happened = Counter((each.service, each.text) for each in journey)
    own = Counter({each: times for each, times in happened.items() if each[0] == "order"})
    assert own <= drawn <= happened


def test_a_crew_that_an_order_waits_for_is_named_once_with_an_answer_that_works(
    at_home: Site, tmp_path: Path
) -> None:
    site = at_home
    order_id = site.accepted(site.order(fibre(site.exchange_area().served)))
    job = site.job(order_id, "install-onu")
    with following(order_id, tmp_path) as onlooker:
        (said,) = site.until(lambda: onlooker.lines(CREW))
        assert f"work order {job['id']} (1/install, install-onu)" in said
        token = token_for("ops", at=site.home)
        url = said.split()[-1]
        answer = httpx.post(url, headers={"Authorization": f"Bearer {token}"})
        assert answer.json()["state"] == "reported"
        code = onlooker.ended()

    assert code == 0, onlooker.err.read_text()
    assert len(onlooker.lines(CREW)) == 1


def test_an_order_that_is_held_points_at_its_fallout_and_what_can_be_decided(
    at_home: Site, tmp_path: Path
) -> None:
    site, place = at_home, at_home.exchange_area()
    order_id = stopped_at_test(site, place.olt, place.served)
    with following(order_id, tmp_path) as onlooker:
        (said,) = site.until(lambda: onlooker.lines("waits for people: "))
        assert "1/test" in said
        assert "no-optical-signal" in said
        assert f"/ops/v1/fallout/{order_id}/retry|skip|fail" in said
        site.decide(order_id, "fail")
        site.fulfil(order_id)
        code = onlooker.ended()

    assert code == FAILURE
    assert len(onlooker.lines("waits for people: ")) == 1


def test_whoever_stops_following_is_told_that_the_order_goes_on(
    at_home: Site, tmp_path: Path
) -> None:
    site = at_home
    order_id = site.accepted(site.order(fibre(site.exchange_area().served)))
    with following(order_id, tmp_path) as onlooker:
        site.until(lambda: onlooker.lines(CREW))
        onlooker.process.send_signal(signal.SIGINT)
        code = onlooker.ended()

    (said,) = onlooker.err.read_text().splitlines()
    assert code == INTERRUPTED
    assert "goes on without you" in said
    assert site.fulfil(order_id)["state"] == "completed"


def test_as_json_an_order_that_is_followed_is_one_object_at_its_end(
    at_home: Site, tmp_path: Path
) -> None:
    site = at_home
    order_id = site.accepted(site.order(fibre(site.exchange_area().served)))
    with following(order_id, tmp_path, "--json") as onlooker:
        site.fulfil(order_id)
        code = onlooker.ended()

    assert code == 0
    assert json.loads(onlooker.out.read_text())["state"] == "completed"


def test_a_moment_that_a_service_tells_late_is_told_once_with_its_own_time() -> None:
    told = FollowState()
    first, late, last = a_moment("first", 0), a_moment("late", 5, "customer"), a_moment("last", 9)

    shown = [
        [list(row) for row in told.new_rows(journey)]
        for journey in ([first, last], [first, late, last], [first, late, last])
    ]

    assert [len(lines) for lines in shown] == [3, 1, 0]
    ((ms, service, *_),) = shown[1]
    assert (ms, service) == ("5", Styled("customer", "green"))


def test_what_people_are_asked_for_is_told_once_while_it_waits() -> None:
    told, crew, other = (
        FollowState(),
        PendingAction("1", "waits for a crew"),
        PendingAction("2", "waits for a crew"),
    )

    shown = [len(list(told.new_actions(asks))) for asks in ([crew], [crew], [crew, other])]

    assert shown == [1, 0, 1]


def test_two_moments_that_look_alike_are_two() -> None:
    twins = [a_moment("same", 0), a_moment("same", 0)]

    assert len(list(FollowState().new_rows(twins))) == 1 + len(twins)


def test_a_moment_is_one_line_whatever_its_reason_says() -> None:
    (_, row) = FollowState().new_rows([replace(a_moment("[bold]", 0), reason="dark\nfibre")])

    assert row[2] == "step [bold] new to done"
    assert row[3] == "dark fibre"
