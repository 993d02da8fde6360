"""The history: written with each change, read in order, never rewritten."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import ProgrammingError

from shared.contracts import Causation
from shared.messaging import archive_reader
from shared.messaging.commit_context import CommitContext
from shared.messaging.unit_of_work import begin_transaction
from shared.persistence import history
from shared.persistence.database import Sessions
from shared.persistence.history import HistoryRow
from tests.conftest import NOON
from tests.kernel import TENANT, commit_messages_in, statements
from tests.shared.order_log import ORDER, OTHER, accepted

STATES = ["acknowledged", "inProgress", "completed"]


def record_states(sessions: Sessions, tenant: str = TENANT) -> None:
    """Record the states of two orders, interleaved, in one transaction."""
    with begin_transaction(sessions, NOON, CommitContext(uuid4())) as transaction:
        work = transaction.unit_of_work(Causation(uuid4(), ORDER, tenant))
        for was, became in zip(["", *STATES], STATES, strict=False):
            work.record_change("order", ORDER, was, became, part="1", reason="as planned")
            work.record_change("order", OTHER, was, became)


def test_changes_are_read_in_the_order_of_their_making(sessions: Sessions) -> None:
    record_states(sessions)

    with sessions() as session:
        changes = history.read(session, TENANT, str(ORDER))

    assert [each.became for each in changes] == STATES
    assert {(each.kind, each.part, each.reason, each.at) for each in changes} == {
        ("order", "1", "as planned", NOON)
    }


def test_a_long_history_is_read_whole(sessions: Sessions) -> None:
    steps = [str(number) for number in range(3_000)]
    with begin_transaction(sessions, NOON, CommitContext(uuid4())) as transaction:
        work = transaction.unit_of_work(Causation(uuid4(), ORDER, TENANT))
        for step in steps:
            work.record_change("step", ORDER, "", step, part=step)

    with sessions() as session:
        changes = history.read(session, TENANT, str(ORDER))

    assert [each.became for each in changes] == steps


def test_the_history_of_many_subjects_is_read_whole(sessions: Sessions) -> None:
    numbers = {str(number) for number in range(3_000)}
    with begin_transaction(sessions, NOON, CommitContext(uuid4())) as transaction:
        work = transaction.unit_of_work(Causation(uuid4(), ORDER, TENANT))
        for number in numbers:
            work.record_change("number", number, "idle", "reserved", part=str(ORDER))

    with sessions() as session:
        changes = history.read_many(session, TENANT, numbers, part=str(ORDER), begin=NOON)

    assert {each.subject for each in changes} == numbers


def test_all_messages_published_about_an_order_are_read(sessions: Sessions) -> None:
    commit_messages_in(sessions, CommitContext(uuid4()), *(accepted() for _ in range(1_500)))

    with sessions() as session:
        messages = archive_reader.list_published(session, TENANT, ORDER)

    assert [each.sequence for each in messages] == list(range(1, 1_501))


def test_a_tenant_reads_its_own_only(sessions: Sessions) -> None:
    record_states(sessions, "zhejiang")

    with sessions() as session:
        assert history.read(session, TENANT, str(ORDER)) == []


def test_many_changes_cost_one_statement(sessions: Sessions) -> None:
    with statements(sessions) as executed:
        record_states(sessions)

    assert len(executed) == 1


def test_changes_of_many_subjects_for_one_part_are_read_at_once(sessions: Sessions) -> None:
    later = NOON + timedelta(days=1)
    for at, tenant in ((NOON, TENANT), (later, TENANT), (later, "zhejiang")):
        with begin_transaction(sessions, at, CommitContext(uuid4())) as transaction:
            work = transaction.unit_of_work(Causation(uuid4(), ORDER, tenant))
            for subject in ("one", "two", "three"):
                work.record_change("number", subject, "idle", "reserved", part=str(ORDER))
                work.record_change("number", subject, "reserved", "idle", part=str(OTHER))

    def read(start: datetime) -> list[tuple[datetime, str, str]]:
        with sessions() as session:
            found = history.read_many(session, TENANT, {"two", "one"}, part=str(ORDER), begin=start)
        return [(each.at, each.subject, each.became) for each in found]

    day = [(later, "one", "reserved"), (later, "two", "reserved")]
    assert read(later) == day
    assert read(NOON) == [*((NOON, *rest) for _, *rest in day), *day]


@pytest.mark.parametrize("rewrite", [delete(HistoryRow), update(HistoryRow).values(became="never")])
def test_the_history_is_never_rewritten(sessions: Sessions, rewrite: object) -> None:
    record_states(sessions)

    with sessions() as session, pytest.raises(ProgrammingError, match="only ever added to"):
        session.execute(rewrite)  # type: ignore[call-overload]

    with sessions() as session:
        assert len(history.read(session, TENANT, str(ORDER))) == len(STATES)
