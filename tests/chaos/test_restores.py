"""A service's database is restored under orders: nothing is assigned twice, lost or changed."""

import random
from contextlib import ExitStack
from pathlib import Path

import pytest

from deploy.local import stack
from deploy.local.stack_record import SERVICES
from tests.chaos.long_run import LONG_RUN, PREFIX, long_run_only
from tests.chaos.mixed_traffic import ExpectedCourse
from tests.chaos.recovery_control import violations_without_recovery
from tests.chaos.restore_report import RestoreReport
from tests.chaos.restore_rounds import plan_rounds, run_in_turn, run_round
from tests.chaos.round_results import PlannedRestore
from tests.chaos.stack_sequence import START_S, StackSequence
from tests.flows.site import Site

PER_SECOND = 20.0

NEAR_S = 15.0
"""The longest time between the last message a service handled and its backup."""


def test_databases_restored_under_orders_lose_nothing_and_give_nothing_twice(
    site: Site,
) -> None:
    print(f"again with {PREFIX}SEED={LONG_RUN.seed}")  # noqa: T201  where it fails
    chance = random.Random(LONG_RUN.seed)  # noqa: S311
    shown_by_topics_alone = chance.sample(SERVICES, 2)
    restores = [
        PlannedRestore(
            *(service, chance.uniform(0, 1), chance.uniform(1, 2.5)),
            is_in_place=service in shown_by_topics_alone,
        )
        for service in SERVICES
    ]

    outcome = run_in_turn(site, restores, PER_SECOND)

    assert outcome.faults == []
    assert [each.restore.service for each in outcome.restored if not each.recovery] == []
    assert outcome.traffic.posts.keys() == set(ExpectedCourse)
    assert max(each.loss_overstated_s for each in outcome.restored) < NEAR_S
    assert all(map(outcome.posted_during, outcome.restored))


@long_run_only
def test_restores_at_random_moments_lose_nothing_and_give_nothing_twice(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack, "TIMEOUT_S", START_S)
    title = f"Restores under {LONG_RUN.per_second:g} orders/s"
    report = RestoreReport(LONG_RUN, title, "tests/chaos/test_restores.py")
    rounds = plan_rounds(LONG_RUN.seed, LONG_RUN.restores, LONG_RUN.together, LONG_RUN.lost_s)
    failures = []

    with ExitStack() as opened:
        stacks = StackSequence(tmp_path, opened)
        for number, restores in enumerate(rounds, 1):
            if LONG_RUN.round in {0, number}:
                outcome = run_round(site := stacks.next_site(), restores, LONG_RUN.per_second)
                lines = report.add(site, str(number), outcome)
                if outcome.faults:
                    failures.append(f"round {number}: see {stacks.retire(number, outcome)}")
                with capfd.disabled():
                    print("", *lines, sep="\n", flush=True)  # noqa: T201  the progress

    control = violations_without_recovery(tmp_path / "unrecovered", LONG_RUN.per_second)
    with capfd.disabled():
        print("", *report.close(control), sep="\n")  # noqa: T201
    assert failures == []
