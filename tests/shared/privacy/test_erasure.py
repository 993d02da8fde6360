"""Personal data of an erased party is blanked in the outbox and in dead letters."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

import services.customer.app
import services.order.app
import services.provisioning.app
import services.resources.app  # noqa: F401  so that all contracts are registered
from shared.contracts import Customer, Message, OrderAccepted, public_contracts, read_envelope
from shared.contracts.personal import has_personal_fields, with_personal_data_blanked
from shared.errors import ConflictError
from shared.kafka.record_types import ConsumedRecord
from shared.messaging import pending_outbox
from shared.messaging.dispatcher import index_subscriptions, on
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.database import Sessions
from shared.privacy.erasure import (
    BATCH_SIZE,
    BLANKED_ERROR,
    ErasureDue,
    blank_dead_letters,
    blank_outbox_records,
)
from tests.conftest import NOON
from tests.kernel import (
    TENANT,
    cause_of,
    commit_messages,
    consume_records,
    dead_letter_rows,
    envelopes,
    published,
    record_of,
)
from tests.shared.order_log import ORDER, OTHER, SUBSCRIPTIONS, accepted, completed

LIN = Customer(id="lin-1", name="林小玉", phone="13851237788", email="l@x.cn", identity_number="32")
DUE = ErasureDue(party_key=ORDER, party_id=LIN.id, until=NOON)


def refuse(_: OrderAccepted, __: UnitOfWork) -> None:
    raise ConflictError


REFUSING = SUBSCRIPTIONS | index_subscriptions(on(OrderAccepted, refuse))


def accepted_for(customer: Customer = LIN) -> OrderAccepted:
    return msgspec.structs.replace(accepted(), customer=customer)


def blank_under_order(sessions: Sessions) -> None:
    with sessions.begin() as session:
        blank_outbox_records(session, [ORDER])


def blank_parked(sessions: Sessions, due: ErasureDue = DUE) -> None:
    with sessions.begin() as session:
        blank_dead_letters(session, TENANT, due)


def test_records_of_the_orders_are_blanked_and_no_others(sessions: Sessions) -> None:
    other = msgspec.structs.replace(accepted_for(), order_id=OTHER)
    commit_messages(sessions, accepted_for(), completed(), other)
    before = envelopes(sessions)

    blank_under_order(sessions)

    assert published(sessions) == [with_personal_data_blanked(accepted_for()), completed(), other]
    after = [
        msgspec.structs.replace(each, data=earlier.data)
        for each, earlier in zip(envelopes(sessions), before, strict=True)
    ]
    assert after == before


def test_a_pending_record_is_blanked_before_it_is_sent(sessions: Sessions) -> None:
    commit_messages(sessions, accepted_for())

    blank_under_order(sessions)

    with sessions() as session:
        (record,) = pending_outbox.oldest_records(session, 10)
    assert read_envelope(record.body).open() == with_personal_data_blanked(accepted_for())
    assert record.sequence == read_envelope(record.body).sequence == 1


def test_a_dead_letter_about_the_party_is_blanked(sessions: Sessions) -> None:
    consume_records(sessions, REFUSING, [record_of(accepted_for())])

    blank_parked(sessions)

    (row,) = dead_letter_rows(sessions)
    assert read_envelope(row.body).open() == with_personal_data_blanked(accepted_for())
    assert row.error == BLANKED_ERROR


OTHERS: dict[str, ConsumedRecord] = {
    "another party": record_of(accepted_for(msgspec.structs.replace(LIN, id="lin-2"))),
    "another tenant's party": record_of(
        accepted_for(), replace(cause_of(accepted_for()), tenant="zhejiang")
    ),
    "published later": record_of(accepted_for(), published_at=NOON + timedelta(seconds=1)),
    "unreadable": record_of(accepted_for())._replace(body=b"lin-1 {", source="order/3"),
}


@pytest.mark.parametrize("record", OTHERS.values(), ids=OTHERS.keys())
def test_other_dead_letters_stay_unchanged(sessions: Sessions, record: ConsumedRecord) -> None:
    consume_records(sessions, REFUSING, [record])

    blank_parked(sessions)

    (row,) = dead_letter_rows(sessions)
    assert row.body == record.body
    assert row.error != BLANKED_ERROR


def test_more_dead_letters_than_a_batch_are_all_checked(sessions: Sessions) -> None:
    causes = [replace(cause_of(accepted_for()), id=UUID(int=n)) for n in range(BATCH_SIZE + 1)]
    consume_records(sessions, REFUSING, [record_of(accepted_for(), cause) for cause in causes])

    blank_parked(sessions)

    assert {row.error for row in dead_letter_rows(sessions)} == {BLANKED_ERROR}


def contracts(kind: type[Message] = Message) -> Iterator[type[Message]]:
    """Yield all contracts, private ones too."""
    for each in kind.__subclasses__():
        yield each
        yield from contracts(each)


def test_no_private_message_has_personal_data() -> None:
    private = [each for each in contracts() if getattr(each, "topic", "").startswith("private")]

    assert ErasureDue in private
    assert not [each for each in private if has_personal_fields(each)]


def test_a_message_with_personal_data_names_its_customer() -> None:
    personal = [each for each in public_contracts() if has_personal_fields(each)]

    assert OrderAccepted in personal
    for each in personal:
        info = msgspec.inspect.type_info(each)
        assert isinstance(info, msgspec.inspect.StructType)
        kinds = [getattr(field.type, "cls", None) for field in info.fields]
        assert Customer in kinds
