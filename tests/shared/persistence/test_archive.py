"""The archive by month: partitions ahead, and no row lost on the way to a file."""

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from shared.contracts import Causation, ReleaseRequested, read_envelope
from shared.messaging import pending_outbox
from shared.messaging.commit_context import CommitContext
from shared.messaging.outbox import OutboxRow
from shared.messaging.unit_of_work import begin_transaction
from shared.persistence.archive import (
    MONTHLY_TABLES,
    MONTHS_AHEAD,
    Month,
    archive_month,
    export_month,
    maintain_archive,
    make_partitions,
    months_of,
    tables_by_month,
)
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.kernel import TENANT, count_of
from tests.shared.order_log import ORDER

KEEP = 3


@pytest.fixture(autouse=True)
def partitions_of_a_year(sessions: Sessions) -> Iterator[None]:
    """Make partitions for months of the last year; drop them afterwards."""
    with sessions() as session:
        connection = session.connection()
        before = {table: months_of(connection, table) for table in tables_by_month(connection)}
    with sessions.begin() as session:
        for back in (12, 9, 6, 3):
            make_partitions(session.connection(), back_in_time(back))
    yield
    with sessions.begin() as session:
        for table, months in before.items():
            for month in months_of(session.connection(), table):
                if month not in months:
                    session.execute(text(f"DROP TABLE {table}_{month}"))


def back_in_time(months: int) -> datetime:
    return Month.of(NOON).plus(-months).start + timedelta(days=9)


def publish_at(sessions: Sessions, at: datetime, *, is_sent: bool = True) -> None:
    """Publish a message, and record a change, at a time."""
    commit_context = CommitContext(uuid4())
    with begin_transaction(sessions, at, commit_context) as transaction:
        work = transaction.unit_of_work(Causation(uuid4(), ORDER, TENANT))
        work.publish(ReleaseRequested(order_id=ORDER))
        work.record_change("order", ORDER, "", "acknowledged", reason="ok")
    if is_sent:
        with sessions.begin() as session:
            pending_outbox.mark_published(session, commit_context.results[0].records, {})


def maintain(sessions: Sessions, folder: Path, now: datetime = NOON) -> list[Path]:
    return maintain_archive(sessions, now, KEEP, folder)


def lines_of(path: Path) -> list[dict[str, object]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def test_there_are_partitions_for_this_month_and_the_next_ones(sessions: Sessions) -> None:
    with sessions() as session:
        for table in MONTHLY_TABLES:
            months = months_of(session.connection(), table)
            assert {Month.of(NOON).plus(ahead) for ahead in range(MONTHS_AHEAD)} <= set(months)


def test_a_new_database_stores_messages_of_last_month(sessions: Sessions) -> None:
    publish_at(sessions, Month.of(NOON).start - timedelta(seconds=1))

    assert count_of(sessions, OutboxRow) == 1


def test_partitions_are_made_again_and_again_without_harm(sessions: Sessions) -> None:
    for month in range(3):
        with sessions.begin() as session:
            make_partitions(session.connection(), Month.of(NOON).plus(month).start)

    with sessions() as session:
        assert Month.of(NOON).plus(MONTHS_AHEAD + 1) in months_of(session.connection(), "outbox")


def test_a_cold_month_leaves_with_every_row_in_its_file(sessions: Sessions, tmp_path: Path) -> None:
    for _ in range(5):
        publish_at(sessions, back_in_time(6))
    publish_at(sessions, NOON)

    files = {path.name: path for path in maintain(sessions, tmp_path)}

    month = Month.of(back_in_time(6))
    outbox_file, history_file = (
        files[f"outbox_{month}.jsonl.gz"],
        files[f"history_{month}.jsonl.gz"],
    )
    bodies = [read_envelope(str(line["body"]).encode()) for line in lines_of(outbox_file)]
    assert [envelope.sequence for envelope in bodies] == [1, 2, 3, 4, 5]
    assert [line["became"] for line in lines_of(history_file)] == ["acknowledged"] * 5
    assert count_of(sessions, OutboxRow) == 1
    assert not list(tmp_path.glob("*.part"))


def test_a_month_of_a_derived_table_leaves_with_its_messages(
    sessions: Sessions, tmp_path: Path
) -> None:
    publish_at(sessions, back_in_time(6))

    maintain(sessions, tmp_path)

    with sessions() as session:
        outbox, derived = (
            months_of(session.connection(), each) for each in ("outbox", "billing_lines")
        )
    assert derived == outbox
    assert derived[0] > Month.of(back_in_time(6))
    assert not list(tmp_path.glob("billing_lines_*"))


def test_a_derived_month_stays_while_its_messages_do(sessions: Sessions, tmp_path: Path) -> None:
    publish_at(sessions, back_in_time(6), is_sent=False)

    maintain(sessions, tmp_path)

    with sessions() as session:
        assert Month.of(back_in_time(6)) in months_of(session.connection(), "billing_lines")


def test_warm_months_stay(sessions: Sessions, tmp_path: Path) -> None:
    for back in range(KEEP):
        publish_at(sessions, back_in_time(back))

    maintain(sessions, tmp_path)

    assert count_of(sessions, OutboxRow) == KEEP


def test_nothing_leaves_unless_the_settings_say_so(sessions: Sessions, tmp_path: Path) -> None:
    publish_at(sessions, back_in_time(9))

    assert maintain_archive(sessions, NOON, 0, tmp_path) == []
    assert maintain_archive(sessions, NOON, KEEP, None) == []

    assert count_of(sessions, OutboxRow) == 1


def test_a_month_with_something_unsent_stays_and_so_do_the_later_ones(
    sessions: Sessions, tmp_path: Path
) -> None:
    publish_at(sessions, back_in_time(9))
    publish_at(sessions, back_in_time(6), is_sent=False)
    publish_at(sessions, back_in_time(5))

    maintain(sessions, tmp_path)

    assert count_of(sessions, OutboxRow) == 2
    assert (tmp_path / f"outbox_{Month.of(back_in_time(9))}.jsonl.gz").exists()


def test_records_that_a_wiped_broker_is_sent_again_stay_however_little_is_kept(
    sessions: Sessions, tmp_path: Path
) -> None:
    first = Month.of(NOON).start + timedelta(hours=1)
    publish_at(sessions, first - timedelta(days=2))

    maintain_archive(sessions, first, 1, tmp_path)

    assert count_of(sessions, OutboxRow) == 1


def test_a_month_whose_file_has_not_every_row_stays(sessions: Sessions, tmp_path: Path) -> None:
    publish_at(sessions, back_in_time(6))
    publish_at(sessions, back_in_time(6))
    month = Month.of(back_in_time(6))
    path = tmp_path / f"outbox_{month}.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write("{}\n")

    files = maintain(sessions, tmp_path)

    assert path not in files
    assert count_of(sessions, OutboxRow) == 2
    assert lines_of(path) == [{}]


def test_what_was_written_before_a_crash_is_compared_and_not_written_over(
    sessions: Sessions, tmp_path: Path
) -> None:
    """The file was written, and the month not dropped yet."""
    path = exported_with(sessions, tmp_path, {"as": "it was"})

    assert path in maintain(sessions, tmp_path)

    (line,) = lines_of(path)
    assert line["as"] == "it was"
    assert count_of(sessions, OutboxRow) == 0


@pytest.mark.parametrize("changes", [{"position": 0}, {"told_at": "2020-01-01 00:00:00+00:00"}])
def test_a_file_with_as_many_rows_of_another_service_takes_no_month_away(
    sessions: Sessions, tmp_path: Path, changes: dict[str, object]
) -> None:
    path = exported_with(sessions, tmp_path, changes)

    assert path not in maintain(sessions, tmp_path)

    assert count_of(sessions, OutboxRow) == 1


@pytest.mark.parametrize(
    "damaged", [lambda content: content[:-12], lambda _: b"", lambda _: b"no gzip"]
)
def test_a_month_whose_file_is_damaged_stays_and_ends_no_process(
    sessions: Sessions, tmp_path: Path, damaged: Callable[[bytes], bytes]
) -> None:
    path = exported_with(sessions, tmp_path, {})
    path.write_bytes(damaged(path.read_bytes()))

    assert path not in maintain(sessions, tmp_path)

    assert count_of(sessions, OutboxRow) == 1


def test_however_long_a_month_takes_it_is_moved(sessions: Sessions, tmp_path: Path) -> None:
    publish_at(sessions, back_in_time(6))
    with sessions.begin() as session:
        archive_month(session.connection(), "outbox", Month.of(back_in_time(6)), tmp_path)

        assert session.scalar(text("SHOW statement_timeout")) == "0"


def exported_with(sessions: Sessions, folder: Path, changes: dict[str, object]) -> Path:
    """Publish a message, export its month, change the exported row; return the file."""
    publish_at(sessions, back_in_time(6))
    with sessions() as session:
        path = export_month(session.connection(), "outbox", Month.of(back_in_time(6)), folder)
    (line,) = lines_of(path)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write(json.dumps(line | changes) + "\n")
    return path


def test_two_processes_do_not_move_one_month_at_once(sessions: Sessions, tmp_path: Path) -> None:
    publish_at(sessions, back_in_time(6))
    with sessions.begin() as session:
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext('kaitong.archive'))"))
        assert maintain(sessions, tmp_path) == []

    assert count_of(sessions, OutboxRow) == 1
    assert maintain(sessions, tmp_path)


def test_months_follow_each_other_over_the_year() -> None:
    december = Month(2026, 12)

    assert december.plus(1) == Month(2027, 1)
    assert december.plus(-12) == Month(2025, 12)
    assert Month.of(datetime(2027, 1, 1, tzinfo=UTC)) > december
    assert str(Month(2026, 3)) == "2026_03"
