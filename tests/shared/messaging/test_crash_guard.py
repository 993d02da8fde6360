"""The crash guard finds and parks a poison record, and clears other suspects."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy.exc import OperationalError

from shared.contracts import OrderAccepted
from shared.kafka.record_types import ConsumedRecord
from shared.messaging.commit_context import CommitContext
from shared.messaging.crash_guard import MAX_CRASHES, CrashGuard, InFlightJournal, SuspectRow
from shared.messaging.dead_letters import DeadLetterReason
from shared.messaging.dispatcher import Dispatcher, index_subscriptions, on
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.database import Sessions
from tests.kernel import count_of, database_outage, dead_letter_rows, record_of
from tests.shared.messaging import crash_worker
from tests.shared.order_log import ORDER, SUBSCRIPTIONS, accepted, logged_types

COMMIT_CONTEXT = CommitContext(uuid4())


def run_worker(sessions: Sessions, folder: Path) -> int:
    """Run a process that handles the batch; return its exit status."""
    url = sessions.kw["bind"].url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", crash_worker.__name__, url, str(folder)]
    return subprocess.run(command, check=False, timeout=60).returncode  # noqa: S603


def test_a_record_that_ends_the_process_five_times_is_parked_and_the_rest_is_handled(
    sessions: Sessions, tmp_path: Path
) -> None:
    ends = [run_worker(sessions, tmp_path) for _ in range(MAX_CRASHES + 1)]

    assert ends == [crash_worker.EXIT_STATUS] * MAX_CRASHES + [0]

    assert [row.why for row in dead_letter_rows(sessions)] == [
        DeadLetterReason.DEADLY,
        DeadLetterReason.BEHIND,
    ]
    assert all(logged_types(sessions, each) == ["order.accepted"] for each in crash_worker.OTHERS)
    assert count_of(sessions, SuspectRow) == 0
    assert InFlightJournal(tmp_path).acquire() == frozenset()


def test_an_orderly_end_leaves_no_suspects(tmp_path: Path) -> None:
    journal = InFlightJournal(tmp_path)
    journal.acquire()
    journal.mark_in_flight([record_of(accepted())])

    journal.close()

    assert InFlightJournal(tmp_path).acquire() == frozenset()


def test_an_end_while_nothing_is_handled_leaves_no_suspects(tmp_path: Path) -> None:
    journal = InFlightJournal(tmp_path)
    journal.acquire()
    journal.mark_in_flight([record_of(accepted(), offset=n) for n in range(1, 100)])
    journal.clear()
    crash(journal)

    assert InFlightJournal(tmp_path).acquire() == frozenset()


def test_records_in_flight_at_the_end_are_suspects_for_the_next_process(tmp_path: Path) -> None:
    journal = InFlightJournal(tmp_path)
    journal.acquire()
    journal.mark_in_flight(
        [ConsumedRecord("order/3", 17, b"", b""), ConsumedRecord("timers", 5, b"", b"")]
    )
    crash(journal)

    assert InFlightJournal(tmp_path).acquire() == {"order/3/17", "timers/5"}


def test_two_processes_in_one_folder_keep_apart(tmp_path: Path) -> None:
    first, second = InFlightJournal(tmp_path), InFlightJournal(tmp_path)
    first.acquire()
    assert second.acquire() == frozenset()

    first.mark_in_flight([ConsumedRecord("order/3", 17, b"", b"")])
    second.mark_in_flight([ConsumedRecord("order/4", 18, b"", b"")])
    crash(second)

    third = InFlightJournal(tmp_path)
    assert third.acquire() == {"order/4/18"}


def test_a_truncated_journal_names_no_suspects(tmp_path: Path) -> None:
    (tmp_path / "handling.0").write_text('["order/3/17", "ord')

    assert InFlightJournal(tmp_path).acquire() == frozenset()


def crash(journal: InFlightJournal) -> None:
    """Close the file without clearing it, as a crash does."""
    os.close(journal._file)  # noqa: SLF001


@pytest.fixture
def guard_with_suspect(sessions: Sessions, tmp_path: Path) -> CrashGuard:
    """A crash guard whose previous process crashed on the order's message."""
    before = InFlightJournal(tmp_path)
    before.acquire()
    before.mark_in_flight([record_of(accepted(), offset=1)])
    crash(before)
    return CrashGuard(sessions, InFlightJournal(tmp_path))


def test_waiting_for_the_database_is_no_crash(
    sessions: Sessions, guard_with_suspect: CrashGuard
) -> None:
    tries: list[int] = []

    def fail_often(_: OrderAccepted, __: UnitOfWork) -> None:
        tries.append(1)
        if len(tries) <= 2 * MAX_CRASHES:
            raise database_outage()

    dispatcher = Dispatcher(sessions, index_subscriptions(on(OrderAccepted, fail_often)))
    for _ in range(2 * MAX_CRASHES):
        with pytest.raises(OperationalError):
            guard_with_suspect.handle_batch(
                dispatcher, [record_of(accepted(), offset=1)], COMMIT_CONTEXT
            )
    guard_with_suspect.handle_batch(dispatcher, [record_of(accepted(), offset=1)], COMMIT_CONTEXT)

    assert len(tries) == 2 * MAX_CRASHES + 1
    assert not dead_letter_rows(sessions)
    assert count_of(sessions, SuspectRow) == 0


def test_only_the_suspects_are_taken_one_by_one(
    sessions: Sessions, guard_with_suspect: CrashGuard
) -> None:
    sizes: list[int] = []

    class RecordingDispatcher(Dispatcher):
        """A dispatcher that records the sizes of its batches."""

        def handle_batch_now(
            self, records: Sequence[ConsumedRecord], commit_context: CommitContext
        ) -> None:
            sizes.append(len(records))
            super().handle_batch_now(records, commit_context)

    others = [record_of(accepted(uuid4())) for _ in range(4)]
    batch = [*others[:2], record_of(accepted(), offset=1), *others[2:]]

    guard_with_suspect.handle_batch(
        RecordingDispatcher(sessions, SUBSCRIPTIONS), batch, COMMIT_CONTEXT
    )
    guard_with_suspect.handle_batch(
        RecordingDispatcher(sessions, SUBSCRIPTIONS), batch, COMMIT_CONTEXT
    )

    assert sizes == [2, 1, 2, 5]
    assert logged_types(sessions, ORDER) == ["order.accepted"]


def test_a_bug_in_the_kernel_leaves_its_records_as_suspects(
    sessions: Sessions, tmp_path: Path
) -> None:
    journal = InFlightJournal(tmp_path)

    class FailingDispatcher(Dispatcher):
        """A dispatcher with a bug."""

        def handle_batch_now(
            self, records: Sequence[ConsumedRecord], commit_context: CommitContext
        ) -> None:
            raise ZeroDivisionError(records, commit_context)

    with pytest.raises(ZeroDivisionError):
        CrashGuard(sessions, journal).handle_batch(
            FailingDispatcher(sessions, SUBSCRIPTIONS),
            [ConsumedRecord("order/3", 17, b"", b"")],
            COMMIT_CONTEXT,
        )
    crash(journal)

    assert InFlightJournal(tmp_path).acquire() == {"order/3/17"}
