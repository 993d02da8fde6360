"""Unreadable records are parked under an identity, without effect on other records."""

import msgspec
import pytest

from shared.contracts import Envelope, encode
from shared.kafka.record_types import ConsumedRecord
from shared.messaging.dead_letters import DeadLetterReason
from shared.messaging.outbox import MAX_MESSAGE_BYTES
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.kernel import cause_of, consume_records, consumed_offsets, dead_letter_rows, record_of
from tests.shared.order_log import OTHER, SUBSCRIPTIONS, accepted, logged_types

ENVELOPE = Envelope.wrap(accepted(), cause_of(accepted()), 0, 1, NOON)


def garbage(body: bytes) -> ConsumedRecord:
    return ConsumedRecord("order/3", 17, b"some key", body, "order.accepted.v1")


def sealed(envelope: Envelope) -> ConsumedRecord:
    return record_of(accepted())._replace(body=encode(envelope), type="")


NESTED = b'{"data":' + b"[" * 5000 + b"]" * 5000 + b"}"


@pytest.mark.parametrize("body", [b"", b"not json", b"\xff\xfe", b"[1]", b"null", NESTED])
def test_what_is_no_message_is_parked_under_its_partition_and_offset(
    sessions: Sessions, body: bytes
) -> None:
    for _ in range(2):
        consume_records(sessions, SUBSCRIPTIONS, [garbage(body), record_of(accepted())])

    (row,) = dead_letter_rows(sessions)
    assert (row.identity, row.why, row.body) == ("order/3/17", DeadLetterReason.UNREADABLE, body)
    assert logged_types(sessions) == ["order.accepted"]
    assert consumed_offsets(sessions)["order/3"] == 18


def test_what_breaks_its_contract_is_parked_under_its_id(sessions: Sessions) -> None:
    broken = msgspec.structs.replace(ENVELOPE, data=msgspec.Raw(b'{"order_id": 7}'))

    consume_records(sessions, SUBSCRIPTIONS, [sealed(broken), record_of(accepted(OTHER))])

    (row,) = dead_letter_rows(sessions)
    assert (row.identity, row.why) == (str(ENVELOPE.id), DeadLetterReason.UNREADABLE)
    assert logged_types(sessions, OTHER) == ["order.accepted"]


def test_an_unknown_version_is_parked_at_once(sessions: Sessions) -> None:
    newer = msgspec.structs.replace(ENVELOPE, type="order.accepted.v9")

    consume_records(sessions, SUBSCRIPTIONS, [sealed(newer)])

    (row,) = dead_letter_rows(sessions)
    assert (row.why, row.type) == (DeadLetterReason.UNKNOWN_VERSION, "order.accepted.v9")
    assert "deploy a reader" in row.error


def test_a_new_version_that_is_also_published_in_an_older_one_is_ignored(
    sessions: Sessions,
) -> None:
    newer = msgspec.structs.replace(
        ENVELOPE, type="order.accepted.v9", older=("order.accepted.v1",)
    )

    consume_records(sessions, SUBSCRIPTIONS, [sealed(newer)])

    assert not dead_letter_rows(sessions)


def test_a_message_over_the_limit_is_parked_unread(sessions: Sessions) -> None:
    consume_records(sessions, SUBSCRIPTIONS, [garbage(b"[" * (MAX_MESSAGE_BYTES + 1))])

    (row,) = dead_letter_rows(sessions)
    assert (row.identity, row.why) == ("order/3/17", DeadLetterReason.TOO_LARGE)


def test_text_that_the_database_cannot_store_is_parked_escaped(sessions: Sessions) -> None:
    zero = msgspec.structs.replace(ENVELOPE, type="order.accepted.v\0")

    consume_records(
        sessions, SUBSCRIPTIONS, [sealed(zero), garbage(b"\0")._replace(type="order.accepted.v\0")]
    )

    assert [row.type for row in dead_letter_rows(sessions)] == [
        "order.accepted.v\\0",
        "order.accepted.v\\0",
    ]
