"""A service's database is set back under orders: nothing is given twice, lost or told otherwise."""

import random
from contextlib import ExitStack
from pathlib import Path

import pytest

from deploy.local import stack
from deploy.local.stack import SERVICES
from tests.chaos.asked import ASKED, PREFIX, long
from tests.chaos.control import what_breaks
from tests.chaos.mixed import Course
from tests.chaos.outcomes import Restore
from tests.chaos.restore_report import Report
from tests.chaos.rounds import run_in_turn, run_round, schedule
from tests.chaos.stacks import START_S, Stacks
from tests.flows.site import Site

PER_SECOND = 20.0

NEAR_S = 15.0
"""Each service has handled something so long before its backup, at most."""


def test_databases_that_are_set_back_under_orders_cost_nothing_and_give_nothing_twice(
    site: Site,
) -> None:
    print(f"again with {PREFIX}SEED={ASKED.seed}")  # noqa: T201  where it fails
    chance = random.Random(ASKED.seed)  # noqa: S311
    shown_by_topics_alone = chance.sample(SERVICES, 2)
    restores = [
        Restore(
            *(service, chance.uniform(0, 1), chance.uniform(1, 2.5)),
            is_over_its_own=service in shown_by_topics_alone,
        )
        for service in SERVICES
    ]

    outcome = run_in_turn(site, restores, PER_SECOND)

    assert outcome.faults == []
    assert [each.restore.service for each in outcome.restored if not each.recovery] == []
    assert outcome.traffic.posts.keys() == set(Course)
    assert max(each.told_too_early_s for each in outcome.restored) < NEAR_S
    assert all(map(outcome.posted_during, outcome.restored))


@long
def test_restores_at_random_moments_cost_nothing_and_give_nothing_twice(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack, "TIMEOUT_S", START_S)
    title = f"Restores under {ASKED.per_second:g} orders/s"
    report = Report(ASKED, title, "tests/chaos/test_restores.py")
    rounds = schedule(ASKED.seed, ASKED.restores, ASKED.together, ASKED.lost_s)
    broken = []

    with ExitStack() as opened:
        stacks = Stacks(tmp_path, opened)
        for number, restores in enumerate(rounds, 1):
            if ASKED.round in {0, number}:
                outcome = run_round(site := stacks.fresh(), restores, ASKED.per_second)
                lines = report.add(site, str(number), outcome)
                if outcome.faults:
                    broken.append(f"round {number}: see {stacks.leave(number, outcome)}")
                with capfd.disabled():
                    print("", *lines, sep="\n", flush=True)  # noqa: T201  the progress

    control = what_breaks(tmp_path / "unrecovered", ASKED.per_second)
    with capfd.disabled():
        print("", *report.close(control), sep="\n")  # noqa: T201
    assert broken == []
