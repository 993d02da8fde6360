"""The outbox: published if and only if committed, numbered without a gap, with stable ids."""

import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select, text

from shared.contracts import (
    Causation,
    OrderAccepted,
    ReleaseRequested,
    ServiceFailed,
    ServiceResumed,
)
from shared.contracts.base import message_id
from shared.errors import ConflictOnWriteError
from shared.ids import named_id
from shared.messaging import pending_outbox
from shared.messaging.commit_context import CommitContext
from shared.messaging.dispatcher import index_subscriptions, on
from shared.messaging.inbox import InboxRow
from shared.messaging.outbox import OutboxRow, PendingRow, SequenceRow
from shared.messaging.pending_outbox import PublishedOffsetRow
from shared.messaging.unit_of_work import UnitOfWork, begin_transaction
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.kernel import (
    TENANT,
    commit_messages,
    consume,
    consume_records,
    count_of,
    envelopes,
    published_types,
    record_of,
    statements,
)
from tests.shared.order_log import ORDER, OTHER, accepted

RELEASE = ReleaseRequested(order_id=ORDER)


def sequences(sessions: Sessions) -> dict[UUID, list[int]]:
    found: dict[UUID, list[int]] = defaultdict(list)
    for envelope in envelopes(sessions):
        found[envelope.subject].append(envelope.sequence)
    return found


def test_a_published_message_is_in_the_outbox_and_pending(sessions: Sessions) -> None:
    commit_context = commit_messages(sessions, RELEASE)

    (part,) = commit_context.results
    assert [record.type for record in part.records] == [RELEASE.type]
    assert published_types(sessions) == [RELEASE.type]
    assert count_of(sessions, PendingRow) == 1


def test_a_rolled_back_message_is_never_published_and_leaves_no_gap(sessions: Sessions) -> None:
    commit_context = CommitContext(uuid4())

    def publish_and_fail() -> None:
        with begin_transaction(sessions, NOON, commit_context) as transaction:
            transaction.unit_of_work(Causation(uuid4(), ORDER, TENANT)).publish(RELEASE)
            transaction.finish(commit_context)
            raise ZeroDivisionError

    commit_messages(sessions, RELEASE)
    with pytest.raises(ZeroDivisionError):
        publish_and_fail()
    commit_messages(sessions, RELEASE)

    assert commit_context.results == []
    assert sequences(sessions) == {ORDER: [1, 2]}
    assert count_of(sessions, PendingRow) == 2


def test_sequence_counts_the_messages_of_each_key_from_one(sessions: Sessions) -> None:
    other = ReleaseRequested(order_id=OTHER)

    commit_messages(sessions, RELEASE, other, RELEASE)
    commit_messages(sessions, other)
    commit_messages(sessions, RELEASE)

    assert sequences(sessions) == {ORDER: [1, 2, 3], OTHER: [1, 2]}


def test_two_processes_number_one_key_without_a_gap_and_in_commit_order(
    sessions: Sessions,
) -> None:
    orders = [ORDER, OTHER]

    def publish(_: int) -> None:
        for _ in range(15):
            commit_messages(sessions, *(ReleaseRequested(order_id=each) for each in orders))

    with ThreadPoolExecutor(3) as processes:
        list(processes.map(publish, range(3)))

    assert sequences(sessions) == {each: list(range(1, 46)) for each in orders}


def test_a_later_transaction_that_publishes_under_a_key_waits_for_the_first(
    sessions: Sessions,
) -> None:
    """Within a key, positions follow the order of commits, not of begins."""
    second = threading.Thread(
        target=commit_messages, args=(sessions, ServiceResumed(order_id=ORDER, step=""))
    )
    commit_context = CommitContext(uuid4())

    with begin_transaction(sessions, NOON, commit_context) as transaction:
        transaction.unit_of_work(Causation(uuid4(), ORDER, TENANT)).publish(RELEASE)
        result = transaction.finish(commit_context)
        transaction.drafts.clear()
        second.start()
        second.join(timeout=0.2)
        assert second.is_alive()
    second.join(timeout=20)

    assert result.records[0].sequence == 1
    assert published_types(sessions) == [RELEASE.type, ServiceResumed.type]


def test_a_retry_repeats_the_ids_of_its_messages(sessions: Sessions) -> None:
    tries: list[list[UUID]] = []

    def publish_two(message: OrderAccepted, work: UnitOfWork) -> None:
        work.publish(RELEASE, ServiceResumed(order_id=message.order_id, step="a"))
        work.publish(ServiceResumed(order_id=message.order_id, step="b"))
        result = work.transaction.finish(CommitContext(uuid4()))
        tries.append([record.id for record in result.records])
        work.transaction.drafts.clear()
        if len(tries) < 3:
            raise ConflictOnWriteError

    consume(sessions, index_subscriptions(on(OrderAccepted, publish_two)), accepted())

    first, *others = tries
    assert len(set(first)) == 3
    assert others == [first, first]


def test_another_request_in_the_same_position_has_another_id() -> None:
    """After a restore a cause may make another one than before."""
    cause = Causation(uuid4(), ORDER, "jiangsu")
    first, *later = (
        message_id(cause, ReleaseRequested(order_id=ORDER, request_id=each), 0)
        for each in ("assign", "1/a", "1/b")
    )

    assert len({first, *later}) == 3
    assert first == named_id(cause.id, f"{ReleaseRequested.type}/0")


def test_ids_do_not_depend_on_what_shares_the_batch(sessions: Sessions) -> None:
    def answer(message: OrderAccepted, work: UnitOfWork) -> None:
        work.publish(ReleaseRequested(order_id=message.order_id))

    subscriptions = index_subscriptions(on(OrderAccepted, answer))
    commit_context = consume(sessions, subscriptions, accepted(OTHER), accepted())
    together = {record.key: record.id for part in commit_context.results for record in part.records}
    with sessions.begin() as session:
        for table in (InboxRow, PendingRow, OutboxRow, SequenceRow):
            session.execute(delete(table))
    alone = consume(sessions, subscriptions, accepted()).results[0].records[0].id

    assert alone == together[ORDER]


def test_an_envelope_names_its_tenant_its_cause_and_its_time(sessions: Sessions) -> None:
    cause = Causation(uuid4(), uuid4(), "zhejiang", "0571", "00-trace")

    def answer(message: OrderAccepted, work: UnitOfWork) -> None:
        work.publish(ReleaseRequested(order_id=message.order_id))

    record = record_of(accepted(), cause)
    consume_records(sessions, index_subscriptions(on(OrderAccepted, answer)), [record])

    (envelope,) = envelopes(sessions)
    assert (envelope.tenant, envelope.localnetwork) == ("zhejiang", "0571")
    assert (envelope.correlationid, envelope.traceparent) == (cause.correlation_id, "00-trace")
    assert (envelope.time, envelope.subject, envelope.source) == (
        NOON,
        ORDER,
        "/kaitong/provisioning",
    )


def test_publishing_costs_two_statements_for_any_number_of_messages(sessions: Sessions) -> None:
    with statements(sessions) as executed:
        commit_messages(sessions, *(ReleaseRequested(order_id=uuid4()) for _ in range(200)))

    assert len(executed) == 2, executed  # sequences, outbox


def test_pending_records_are_read_from_the_oldest_on_whatever_their_clocks_said(
    sessions: Sessions,
) -> None:
    """Another machine's clock is ahead: a limit of time would cut the key's records apart."""
    commit_context, now = CommitContext(uuid4()), datetime.now(UTC)
    for published_at in (now + timedelta(hours=1), now):
        with begin_transaction(sessions, published_at, commit_context) as transaction:
            transaction.unit_of_work(Causation(uuid4(), ORDER, TENANT)).publish(RELEASE)

    with sessions() as session:
        records = pending_outbox.oldest_records(session, 10)

    assert [record.sequence for record in records] == [1, 2]


def test_marking_removes_published_records_and_keeps_the_highest_offset(
    sessions: Sessions,
) -> None:
    records = commit_messages(sessions, RELEASE, RELEASE).results[0].records

    for offset in (7, 5):
        with sessions.begin() as session:
            pending_outbox.mark_published(session, records[:1], {"resources.requests/3": offset})

    with sessions() as session:
        assert pending_outbox.published_offsets(session) == {"resources.requests/3": 7}
        assert [each.id for each in pending_outbox.oldest_records(session, 9)] == [records[1].id]


def test_a_wiped_broker_is_sent_what_topics_retain_and_no_more(sessions: Sessions) -> None:
    commit_context = CommitContext(uuid4())
    for age in (timedelta(days=8), timedelta(days=6)):
        with begin_transaction(sessions, NOON - age, commit_context) as transaction:
            transaction.unit_of_work(Causation(uuid4(), ORDER, TENANT)).publish(RELEASE)
    records = [record for part in commit_context.results for record in part.records]
    with sessions.begin() as session:
        pending_outbox.mark_published(session, records, {"resources.requests/3": 1, "order/1": 4})

    with sessions.begin() as session:
        assert (
            pending_outbox.requeue_retained_records(
                session, {"resources.requests/3"}, NOON, uuid4()
            )
            == 1
        )

    with sessions() as session:
        assert [each.sequence for each in pending_outbox.oldest_records(session, 9)] == [2]
        assert [row.source for row in session.scalars(select(PublishedOffsetRow))] == ["order/1"]


def test_the_archive_keeps_what_was_sent(sessions: Sessions) -> None:
    records = commit_messages(
        sessions, RELEASE, ServiceFailed(order_id=ORDER, code="", reason="")
    ).results[0]

    with sessions.begin() as session:
        pending_outbox.mark_published(session, records.records, {})

    assert count_of(sessions, PendingRow) == 0
    assert count_of(sessions, OutboxRow) == 2
    assert [each.type for each in envelopes(sessions)] == published_types(sessions)


def test_requeueing_lost_records_has_no_statement_timeout(sessions: Sessions) -> None:
    commit_messages(sessions, RELEASE)
    with sessions.begin() as session:
        assert (
            pending_outbox.requeue_retained_records(session, {"order/0"}, NOON, uuid4()) == 0
        )  # it is pending already

        assert session.scalar(text("SHOW statement_timeout")) == "0"
