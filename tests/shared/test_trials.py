"""A record that ends the process is found and set aside; nobody else is suspected for long."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy.exc import OperationalError

from shared.contracts import OrderAccepted
from shared.kafka.records import Record
from shared.messaging.after_commit import Dispatch
from shared.messaging.crash_guard import MOST_DEATHS, Caution, Lifeline, TrialRow
from shared.messaging.dead_letters import Why
from shared.messaging.dispatcher import Receiver, on, subscribe
from shared.messaging.unit_of_work import Work
from shared.persistence.database import Sessions
from tests.kernel import count_of, parked, passing_trouble, record_of
from tests.shared import victim
from tests.shared.ledger import ORDER, SUBSCRIPTIONS, accepted, lines

DISPATCH = Dispatch(uuid4())


def run_victim(sessions: Sessions, folder: Path) -> int:
    """Run a process that handles the batch; return its exit status."""
    url = sessions.kw["bind"].url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", victim.__name__, url, str(folder)]
    return subprocess.run(command, check=False, timeout=60).returncode  # noqa: S603


def test_a_record_that_ends_the_process_five_times_is_parked_and_the_rest_is_handled(
    sessions: Sessions, tmp_path: Path
) -> None:
    ends = [run_victim(sessions, tmp_path) for _ in range(MOST_DEATHS + 1)]

    assert ends == [victim.DEATH] * MOST_DEATHS + [0]

    assert [row.why for row in parked(sessions)] == [Why.DEADLY, Why.BEHIND]
    assert all(lines(sessions, each) == ["order.accepted"] for each in victim.OTHERS)
    assert count_of(sessions, TrialRow) == 0
    assert Lifeline(tmp_path).take() == frozenset()


def test_an_orderly_end_leaves_no_mark(tmp_path: Path) -> None:
    lifeline = Lifeline(tmp_path)
    lifeline.take()
    lifeline.hold([record_of(accepted())])

    lifeline.let_go()

    assert Lifeline(tmp_path).take() == frozenset()


def test_an_end_while_nothing_is_handled_leaves_no_suspects(tmp_path: Path) -> None:
    lifeline = Lifeline(tmp_path)
    lifeline.take()
    lifeline.hold([record_of(accepted(), offset=n) for n in range(1, 100)])
    lifeline.rest()
    die(lifeline)

    assert Lifeline(tmp_path).take() == frozenset()


def test_what_was_being_handled_at_the_end_is_known_to_the_next(tmp_path: Path) -> None:
    lifeline = Lifeline(tmp_path)
    lifeline.take()
    lifeline.hold([Record("order/3", 17, b"", b""), Record("timers", 5, b"", b"")])
    die(lifeline)

    assert Lifeline(tmp_path).take() == {"order/3/17", "timers/5"}


def test_two_processes_in_one_folder_keep_apart(tmp_path: Path) -> None:
    first, second = Lifeline(tmp_path), Lifeline(tmp_path)
    first.take()
    assert second.take() == frozenset()

    first.hold([Record("order/3", 17, b"", b"")])
    second.hold([Record("order/4", 18, b"", b"")])
    die(second)

    third = Lifeline(tmp_path)
    assert third.take() == {"order/4/18"}


def test_a_note_that_was_cut_off_accuses_nobody(tmp_path: Path) -> None:
    (tmp_path / "handling.0").write_text('["order/3/17", "ord')

    assert Lifeline(tmp_path).take() == frozenset()


def die(lifeline: Lifeline) -> None:
    """Let go of the file as the end of a process does."""
    os.close(lifeline._file)  # noqa: SLF001


@pytest.fixture
def suspicious(sessions: Sessions, tmp_path: Path) -> Caution:
    """Somebody whose predecessor died over the order's message."""
    before = Lifeline(tmp_path)
    before.take()
    before.hold([record_of(accepted(), offset=1)])
    die(before)
    return Caution(sessions, Lifeline(tmp_path))


def test_waiting_for_the_database_is_no_trial(sessions: Sessions, suspicious: Caution) -> None:
    tries: list[int] = []

    def fail_often(_: OrderAccepted, __: Work) -> None:
        tries.append(1)
        if len(tries) <= 2 * MOST_DEATHS:
            raise passing_trouble()

    receiver = Receiver(sessions, subscribe(on(OrderAccepted, fail_often)))
    for _ in range(2 * MOST_DEATHS):
        with pytest.raises(OperationalError):
            suspicious.receive(receiver, [record_of(accepted(), offset=1)], DISPATCH)
    suspicious.receive(receiver, [record_of(accepted(), offset=1)], DISPATCH)

    assert len(tries) == 2 * MOST_DEATHS + 1
    assert not parked(sessions)
    assert count_of(sessions, TrialRow) == 0


def test_only_the_suspects_are_taken_one_by_one(sessions: Sessions, suspicious: Caution) -> None:
    sizes: list[int] = []

    class Watching(Receiver):
        """A receiver that is watched."""

        def receive_now(self, records: Sequence[Record], dispatch: Dispatch) -> None:
            sizes.append(len(records))
            super().receive_now(records, dispatch)

    others = [record_of(accepted(uuid4())) for _ in range(4)]
    batch = [*others[:2], record_of(accepted(), offset=1), *others[2:]]

    suspicious.receive(Watching(sessions, SUBSCRIPTIONS), batch, DISPATCH)
    suspicious.receive(Watching(sessions, SUBSCRIPTIONS), batch, DISPATCH)

    assert sizes == [2, 1, 2, 5]
    assert lines(sessions, ORDER) == ["order.accepted"]


def test_a_bug_in_the_kernel_leaves_its_records_under_suspicion(
    sessions: Sessions, tmp_path: Path
) -> None:
    lifeline = Lifeline(tmp_path)

    class Broken(Receiver):
        """A receiver with a bug."""

        def receive_now(self, records: Sequence[Record], dispatch: Dispatch) -> None:
            raise ZeroDivisionError(records, dispatch)

    with pytest.raises(ZeroDivisionError):
        Caution(sessions, lifeline).receive(
            Broken(sessions, SUBSCRIPTIONS), [Record("order/3", 17, b"", b"")], DISPATCH
        )
    die(lifeline)

    assert Lifeline(tmp_path).take() == {"order/3/17"}
