"""The outbox: told if and only if committed, numbered without a hole, under ids that stay."""

import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select, text

from shared.contracts import Cause, OrderAccepted, ReleaseRequested, ServiceFailed, ServiceResumed
from shared.errors import CollisionError
from shared.messaging import pending_outbox
from shared.messaging.after_commit import Dispatch
from shared.messaging.dispatcher import on, subscribe
from shared.messaging.inbox import InboxRow
from shared.messaging.outbox import OutboxRow, SequenceRow, UnsentRow
from shared.messaging.pending_outbox import SentRow
from shared.messaging.unit_of_work import Work, begin
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.kernel import (
    TENANT,
    count_of,
    envelopes,
    hear,
    hear_records,
    record_of,
    statements,
    tell,
    types_told,
)
from tests.shared.ledger import ORDER, OTHER, accepted

RELEASE = ReleaseRequested(order_id=ORDER)


def sequences(sessions: Sessions) -> dict[UUID, list[int]]:
    found: dict[UUID, list[int]] = defaultdict(list)
    for envelope in envelopes(sessions):
        found[envelope.subject].append(envelope.sequence)
    return found


def test_what_is_told_is_in_the_archive_and_named_as_unsent(sessions: Sessions) -> None:
    dispatch = tell(sessions, RELEASE)

    (part,) = dispatch.told
    assert [letter.type for letter in part.letters] == [RELEASE.type]
    assert types_told(sessions) == [RELEASE.type]
    assert count_of(sessions, UnsentRow) == 1


def test_what_is_rolled_back_was_never_told_and_leaves_no_hole(sessions: Sessions) -> None:
    dispatch = Dispatch(uuid4())

    def tell_and_fail() -> None:
        with begin(sessions, NOON, dispatch) as transaction:
            transaction.work(Cause(uuid4(), ORDER, TENANT)).emit(RELEASE)
            transaction.finish(dispatch)
            raise ZeroDivisionError

    tell(sessions, RELEASE)
    with pytest.raises(ZeroDivisionError):
        tell_and_fail()
    tell(sessions, RELEASE)

    assert dispatch.told == []
    assert sequences(sessions) == {ORDER: [1, 2]}
    assert count_of(sessions, UnsentRow) == 2


def test_sequence_counts_the_messages_of_each_key_from_one(sessions: Sessions) -> None:
    other = ReleaseRequested(order_id=OTHER)

    tell(sessions, RELEASE, other, RELEASE)
    tell(sessions, other)
    tell(sessions, RELEASE)

    assert sequences(sessions) == {ORDER: [1, 2, 3], OTHER: [1, 2]}


def test_two_processes_number_one_key_without_a_hole_and_in_the_order_of_commits(
    sessions: Sessions,
) -> None:
    orders = [ORDER, OTHER]

    def publish(_: int) -> None:
        for _ in range(15):
            tell(sessions, *(ReleaseRequested(order_id=each) for each in orders))

    with ThreadPoolExecutor(3) as processes:
        list(processes.map(publish, range(3)))

    assert sequences(sessions) == {each: list(range(1, 46)) for each in orders}


def test_who_tells_later_under_a_key_waits_for_who_told_first(sessions: Sessions) -> None:
    """Positions are given in the order of commits within a key, whoever began first."""
    second = threading.Thread(target=tell, args=(sessions, ServiceResumed(order_id=ORDER, step="")))
    dispatch = Dispatch(uuid4())

    with begin(sessions, NOON, dispatch) as transaction:
        transaction.work(Cause(uuid4(), ORDER, TENANT)).emit(RELEASE)
        told = transaction.finish(dispatch)
        transaction.drafts.clear()
        second.start()
        second.join(timeout=0.2)
        assert second.is_alive()
    second.join(timeout=20)

    assert told.letters[0].sequence == 1
    assert types_told(sessions) == [RELEASE.type, ServiceResumed.type]


def test_a_retry_repeats_the_ids_of_what_it_tells(sessions: Sessions) -> None:
    tries: list[list[UUID]] = []

    def tell_two(message: OrderAccepted, work: Work) -> None:
        work.emit(RELEASE, ServiceResumed(order_id=message.order_id, step="a"))
        work.emit(ServiceResumed(order_id=message.order_id, step="b"))
        told = work.transaction.finish(Dispatch(uuid4()))
        tries.append([letter.id for letter in told.letters])
        work.transaction.drafts.clear()
        if len(tries) < 3:
            raise CollisionError

    hear(sessions, subscribe(on(OrderAccepted, tell_two)), accepted())

    first, *others = tries
    assert len(set(first)) == 3
    assert others == [first, first]


def test_ids_do_not_depend_on_what_shares_the_batch(sessions: Sessions) -> None:
    def answer(message: OrderAccepted, work: Work) -> None:
        work.emit(ReleaseRequested(order_id=message.order_id))

    subscriptions = subscribe(on(OrderAccepted, answer))
    dispatch = hear(sessions, subscriptions, accepted(OTHER), accepted())
    together = {letter.key: letter.id for part in dispatch.told for letter in part.letters}
    with sessions.begin() as session:
        for table in (InboxRow, UnsentRow, OutboxRow, SequenceRow):
            session.execute(delete(table))
    alone = hear(sessions, subscriptions, accepted()).told[0].letters[0].id

    assert alone == together[ORDER]


def test_an_envelope_says_whose_it_is_what_caused_it_and_when(sessions: Sessions) -> None:
    cause = Cause(uuid4(), uuid4(), "zhejiang", "0571", "00-trace")

    def answer(message: OrderAccepted, work: Work) -> None:
        work.emit(ReleaseRequested(order_id=message.order_id))

    record = record_of(accepted(), cause)
    hear_records(sessions, subscribe(on(OrderAccepted, answer)), [record])

    (envelope,) = envelopes(sessions)
    assert (envelope.tenant, envelope.localnetwork) == ("zhejiang", "0571")
    assert (envelope.correlationid, envelope.traceparent) == (cause.correlation_id, "00-trace")
    assert (envelope.time, envelope.subject, envelope.source) == (
        NOON,
        ORDER,
        "/kaitong/provisioning",
    )


def test_telling_costs_two_statements_however_much_is_told(sessions: Sessions) -> None:
    with statements(sessions) as executed:
        tell(sessions, *(ReleaseRequested(order_id=uuid4()) for _ in range(200)))

    assert len(executed) == 2, executed  # count, store


def test_letters_are_read_back_from_the_oldest_on_whatever_their_clocks_said(
    sessions: Sessions,
) -> None:
    """Another machine's clock is ahead: a limit of time would cut the key's letters apart."""
    dispatch, now = Dispatch(uuid4()), datetime.now(UTC)
    for told_at in (now + timedelta(hours=1), now):
        with begin(sessions, told_at, dispatch) as transaction:
            transaction.work(Cause(uuid4(), ORDER, TENANT)).emit(RELEASE)

    with sessions() as session:
        letters = pending_outbox.oldest_letters(session, 10)

    assert [letter.sequence for letter in letters] == [1, 2]


def test_a_mark_strikes_out_what_was_sent_and_keeps_the_highest_offset(
    sessions: Sessions,
) -> None:
    letters = tell(sessions, RELEASE, RELEASE).told[0].letters

    for place in (7, 5):
        with sessions.begin() as session:
            pending_outbox.mark(session, letters[:1], {"resources.requests/3": place})

    with sessions() as session:
        assert pending_outbox.filled(session) == {"resources.requests/3": 7}
        assert [each.id for each in pending_outbox.oldest_letters(session, 9)] == [letters[1].id]


def test_a_broker_that_forgot_is_sent_what_topics_keep_and_no_more(sessions: Sessions) -> None:
    dispatch = Dispatch(uuid4())
    for age in (timedelta(days=8), timedelta(days=6)):
        with begin(sessions, NOON - age, dispatch) as transaction:
            transaction.work(Cause(uuid4(), ORDER, TENANT)).emit(RELEASE)
    letters = [letter for part in dispatch.told for letter in part.letters]
    with sessions.begin() as session:
        pending_outbox.mark(session, letters, {"resources.requests/3": 1, "order/1": 4})

    with sessions.begin() as session:
        assert pending_outbox.send_again(session, {"resources.requests/3"}, NOON, uuid4()) == 1

    with sessions() as session:
        assert [each.sequence for each in pending_outbox.oldest_letters(session, 9)] == [2]
        assert [row.source for row in session.scalars(select(SentRow))] == ["order/1"]


def test_the_archive_keeps_what_was_sent(sessions: Sessions) -> None:
    letters = tell(sessions, RELEASE, ServiceFailed(order_id=ORDER, code="", reason="")).told[0]

    with sessions.begin() as session:
        pending_outbox.mark(session, letters.letters, {})

    assert count_of(sessions, UnsentRow) == 0
    assert count_of(sessions, OutboxRow) == 2
    assert [each.type for each in envelopes(sessions)] == types_told(sessions)


def test_however_much_a_broker_has_lost_it_is_sent_again(sessions: Sessions) -> None:
    tell(sessions, RELEASE)
    with sessions.begin() as session:
        assert (
            pending_outbox.send_again(session, {"order/0"}, NOON, uuid4()) == 0
        )  # it is unsent already

        assert session.scalar(text("SHOW statement_timeout")) == "0"
