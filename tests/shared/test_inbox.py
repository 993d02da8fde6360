"""The inbox: every message once, in order, all in one transaction."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from sqlalchemy.orm import sessionmaker

from shared.contracts import (
    Cause,
    Message,
    OrderAccepted,
    ReleaseRequested,
    ResourcesAssigned,
    ServiceCompleted,
)
from shared.messaging.dispatcher import Receiver, in_turn, on, on_all, subscribe
from shared.messaging.inbox import Heard, InboxRow
from shared.messaging.outbox import UnsentRow
from shared.messaging.unit_of_work import Transaction, Work, Works
from shared.persistence.database import Sessions
from tests.kernel import (
    TENANT,
    count_of,
    hear,
    hear_records,
    history,
    parked,
    places,
    record_of,
    statements,
    types_told,
)
from tests.shared.ledger import (
    ORDER,
    OTHER,
    PAGES,
    SUBSCRIPTIONS,
    Page,
    accepted,
    assigned,
    completed,
    lines,
    write,
)


def test_a_message_is_handled_once_however_often_a_batch_holds_it(sessions: Sessions) -> None:
    hear(sessions, SUBSCRIPTIONS, accepted(), accepted(), accepted())

    assert lines(sessions) == ["order.accepted"]
    assert types_told(sessions) == ["provisioning.release_requested.v1"]


def test_a_message_is_handled_once_however_many_batches_bring_it(sessions: Sessions) -> None:
    for _ in range(3):
        hear(sessions, SUBSCRIPTIONS, accepted(), assigned())

    assert lines(sessions) == ["order.accepted", "resources.assigned"]
    assert types_told(sessions) == ["provisioning.release_requested.v1"]
    assert not parked(sessions)


def test_a_batch_costs_as_many_statements_as_one_message(sessions: Sessions) -> None:
    with statements(sessions) as for_one:
        hear(sessions, SUBSCRIPTIONS, accepted(), assigned(OTHER))
    with statements(sessions) as for_many:
        orders = [uuid4() for _ in range(150)]
        others = [uuid4() for _ in range(150)]
        hear(sessions, SUBSCRIPTIONS, *map(accepted, orders), *map(assigned, others))

    assert len(for_many) == len(for_one)
    assert len(for_one) == 5, for_one  # note, read, write, count, store


def test_messages_of_one_key_are_handled_in_their_order(sessions: Sessions) -> None:
    hear(sessions, SUBSCRIPTIONS, accepted(), assigned(), completed())

    assert lines(sessions) == [
        "order.accepted",
        "resources.assigned",
        "provisioning.service_completed",
    ]


def test_what_is_handled_what_is_told_and_the_place_are_committed_together(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug in the kernel leaves at the top, and nothing of its batch is there."""

    def stumble(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(Transaction, "finish", stumble)
        with pytest.raises(ZeroDivisionError):
            hear(sessions, SUBSCRIPTIONS, accepted(), assigned(OTHER))

    assert lines(sessions) == []
    assert count_of(sessions, InboxRow) == count_of(sessions, UnsentRow) == 0
    assert places(sessions) == {}
    assert not parked(sessions)


def test_the_place_reached_in_every_partition_is_written_with_the_batch(
    sessions: Sessions,
) -> None:
    records = [
        record_of(accepted(), offset=40),
        record_of(accepted(OTHER), offset=7),
        record_of(accepted(UUID(int=ORDER.int + 12)), offset=41),
    ]

    hear_records(sessions, SUBSCRIPTIONS, records)

    assert places(sessions) == {records[0].source: 42, records[1].source: 8}
    assert records[0].source == records[2].source


def test_the_place_goes_on_over_what_is_known_or_of_no_interest(sessions: Sessions) -> None:
    unheard = record_of(ReleaseRequested(order_id=ORDER), offset=3)
    hear_records(sessions, SUBSCRIPTIONS, [record_of(accepted(), offset=9), unheard])

    hear_records(sessions, SUBSCRIPTIONS, [record_of(accepted(), offset=10)])

    assert places(sessions) == {f"order/{ORDER.int % 12}": 11, unheard.source: 4}


def test_an_unknown_type_is_ignored(sessions: Sessions) -> None:
    unheard = record_of(ReleaseRequested(order_id=ORDER))
    nameless = unheard._replace(type="", offset=2)

    hear_records(sessions, SUBSCRIPTIONS, [unheard, nameless, record_of(accepted())])

    assert lines(sessions) == ["order.accepted"]
    assert not parked(sessions)


def test_what_nobody_here_listens_to_is_not_even_read(sessions: Sessions) -> None:
    garbage = record_of(accepted())._replace(type="weather.changed.v1", body=b"rain")

    hear_records(sessions, SUBSCRIPTIONS, [garbage])

    assert not parked(sessions)


def test_a_handler_sees_the_tenant_and_the_cause_of_its_message(sessions: Sessions) -> None:
    seen: list[Work] = []
    cause = Cause(uuid4(), uuid4(), "zhejiang", "0571")

    record = record_of(accepted(), cause)
    hear_records(
        sessions, subscribe(on(OrderAccepted, lambda _, work: seen.append(work))), [record]
    )

    (work,) = seen
    assert (work.tenant, work.local_network) == ("zhejiang", "0571")
    assert work.cause.correlation_id == cause.correlation_id


def test_the_history_is_written_with_the_change(sessions: Sessions) -> None:
    def note(message: OrderAccepted, work: Work) -> None:
        work.note("order", message.order_id, "", "acknowledged", part="1", reason="new")

    hear(sessions, subscribe(on(OrderAccepted, note)), accepted())

    assert history(sessions) == [("order", "1", "", "acknowledged")]


def test_what_is_put_twice_in_a_batch_is_written_as_it_was_put_last(sessions: Sessions) -> None:
    def write_twice(message: OrderAccepted, work: Work) -> None:
        write(message, work)
        PAGES.put(work.session, Page(message.order_id, ("last.v1",), work.now))

    hear(sessions, subscribe(on(OrderAccepted, write_twice)), accepted())

    assert lines(sessions) == ["last"]


def one(_message: Message, _work: Work) -> None:
    """Handle one message."""


def many(_messages: Sequence[Message], _works: Works) -> None:
    """Handle many."""


MIXED = subscribe(
    on_all(OrderAccepted, many), on(ServiceCompleted, one), on_all(ResourcesAssigned, many)
)
KEYS = st.builds(UUID, int=st.integers(1, 4))
MESSAGES = st.one_of(
    KEYS.map(accepted),
    KEYS.map(completed),
    KEYS.map(assigned),
)


@for_all(st.lists(MESSAGES, max_size=12))
def test_taking_messages_all_at_once_keeps_the_order_of_every_key(
    messages: list[OrderAccepted],
) -> None:
    records = [record_of(each, Cause(uuid4(), uuid4(), TENANT)) for each in messages]
    receiver = Receiver(sessionmaker(), MIXED)  # it opens, and stores nothing
    heard: list[Heard] = list(receiver.open_all(records))

    turns = [several for _, several in in_turn(heard, MIXED)]

    handled = [each for several in turns for each in several]
    for key in {message.order_id for message in messages}:
        assert [each for each in handled if each.envelope.subject == key] == [
            each for each in heard if each.envelope.subject == key
        ]
    for several in turns:
        assert len({each.envelope.subject for each in several}) == len(several)
