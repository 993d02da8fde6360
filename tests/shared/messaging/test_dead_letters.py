"""Dead letters: later messages of a key wait behind them, other keys are handled."""

from shared.contracts import OrderAccepted, OrderMessage
from shared.errors import ConflictError
from shared.messaging.dead_letters import DeadLetterReason
from shared.messaging.dispatcher import index_subscriptions, on
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.database import Sessions
from tests.kernel import consume, consume_records, consumed_offsets, dead_letter_rows, record_of
from tests.shared.order_log import (
    OTHER,
    SUBSCRIPTIONS,
    accepted,
    assigned,
    completed,
    logged_types,
)

ALL = ["order.accepted", "resources.assigned", "provisioning.service_completed"]


def refuse(_: OrderMessage, __: UnitOfWork) -> None:
    raise ConflictError


REFUSING = SUBSCRIPTIONS | index_subscriptions(on(OrderAccepted, refuse))


def park_three(sessions: Sessions) -> None:
    consume(sessions, REFUSING, accepted(), assigned(), completed())


def reasons(sessions: Sessions) -> list[tuple[str, DeadLetterReason]]:
    return [(row.type.rpartition(".v")[0], row.why) for row in dead_letter_rows(sessions)]


def test_what_follows_a_parked_message_under_its_key_waits_behind_it(sessions: Sessions) -> None:
    consume(sessions, REFUSING, accepted(), assigned(), assigned(OTHER))
    consume(sessions, REFUSING, completed())

    assert reasons(sessions) == [
        ("order.accepted", DeadLetterReason.RULE_BROKEN),
        ("resources.assigned", DeadLetterReason.BEHIND),
        ("provisioning.service_completed", DeadLetterReason.BEHIND),
    ]
    assert logged_types(sessions) == []


def test_other_keys_flow(sessions: Sessions) -> None:
    consume(sessions, REFUSING, accepted(), assigned(OTHER))
    consume(sessions, REFUSING, completed(OTHER))

    assert logged_types(sessions, OTHER) == ALL[1:]


def test_what_is_parked_comes_again_and_is_still_parked_once(sessions: Sessions) -> None:
    for _ in range(3):
        park_three(sessions)

    assert len(dead_letter_rows(sessions)) == 3


def test_what_was_handled_before_is_not_parked_behind_what_failed_later(
    sessions: Sessions,
) -> None:
    consume(sessions, REFUSING, assigned())

    consume(sessions, REFUSING, accepted(), assigned())

    assert reasons(sessions) == [("order.accepted", DeadLetterReason.RULE_BROKEN)]


def test_the_offset_advances_over_parked_messages(sessions: Sessions) -> None:
    records = [record_of(each, offset=20 + n) for n, each in enumerate([accepted(), assigned()])]

    consume_records(sessions, REFUSING, records)

    assert consumed_offsets(sessions) == {records[0].source: 21, records[1].source: 22}
