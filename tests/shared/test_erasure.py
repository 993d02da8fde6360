"""What was told of an erased party is blank in the archive, and in what is parked."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

import services.customer.app
import services.order.app
import services.provisioning.app
import services.resources.app  # noqa: F401  all contracts are known
from shared.contracts import Customer, Message, OrderAccepted, public_contracts, read_envelope
from shared.contracts.personal import blank_personal_data, has_personal_fields
from shared.errors import ConflictError
from shared.kafka.records import ConsumedRecord
from shared.messaging import pending_outbox
from shared.messaging.dispatcher import on, subscribe
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


REFUSING = SUBSCRIPTIONS | subscribe(on(OrderAccepted, refuse))


def about(customer: Customer = LIN) -> OrderAccepted:
    return msgspec.structs.replace(accepted(), customer=customer)


def blank_under_order(sessions: Sessions) -> None:
    with sessions.begin() as session:
        blank_outbox_records(session, [ORDER])


def blank_what_is_parked(sessions: Sessions, due: ErasureDue = DUE) -> None:
    with sessions.begin() as session:
        blank_dead_letters(session, TENANT, due)


def test_letters_under_the_orders_are_blanked_and_no_others(sessions: Sessions) -> None:
    other = msgspec.structs.replace(about(), order_id=OTHER)
    commit_messages(sessions, about(), completed(), other)
    before = envelopes(sessions)

    blank_under_order(sessions)

    assert published(sessions) == [blank_personal_data(about()), completed(), other]
    after = [
        msgspec.structs.replace(each, data=was.data)
        for each, was in zip(envelopes(sessions), before, strict=True)
    ]
    assert after == before


def test_a_letter_that_was_not_sent_yet_leaves_blanked(sessions: Sessions) -> None:
    commit_messages(sessions, about())

    blank_under_order(sessions)

    with sessions() as session:
        (letter,) = pending_outbox.oldest_records(session, 10)
    assert read_envelope(letter.body).open() == blank_personal_data(about())
    assert letter.sequence == read_envelope(letter.body).sequence == 1


def test_what_is_parked_and_tells_who_the_party_is_is_blanked(sessions: Sessions) -> None:
    consume_records(sessions, REFUSING, [record_of(about())])

    blank_what_is_parked(sessions)

    (row,) = dead_letter_rows(sessions)
    assert read_envelope(row.body).open() == blank_personal_data(about())
    assert row.error == BLANKED_ERROR


OTHERS: dict[str, ConsumedRecord] = {
    "another party": record_of(about(msgspec.structs.replace(LIN, id="lin-2"))),
    "another tenant's party": record_of(about(), replace(cause_of(about()), tenant="zhejiang")),
    "told later": record_of(about(), told_at=NOON + timedelta(seconds=1)),
    "unreadable": record_of(about())._replace(body=b"lin-1 {", source="order/3"),
}


@pytest.mark.parametrize("record", OTHERS.values(), ids=OTHERS.keys())
def test_what_else_is_parked_stays_as_it_came(sessions: Sessions, record: ConsumedRecord) -> None:
    consume_records(sessions, REFUSING, [record])

    blank_what_is_parked(sessions)

    (row,) = dead_letter_rows(sessions)
    assert row.body == record.body
    assert row.error != BLANKED_ERROR


def test_however_much_is_parked_all_of_it_is_looked_at(sessions: Sessions) -> None:
    causes = [replace(cause_of(about()), id=UUID(int=n)) for n in range(BATCH_SIZE + 1)]
    consume_records(sessions, REFUSING, [record_of(about(), cause) for cause in causes])

    blank_what_is_parked(sessions)

    assert {row.error for row in dead_letter_rows(sessions)} == {BLANKED_ERROR}


def contracts(kind: type[Message] = Message) -> Iterator[type[Message]]:
    """Yield all contracts, private ones too."""
    for each in kind.__subclasses__():
        yield each
        yield from contracts(each)


def test_no_reminder_tells_of_a_person() -> None:
    private = [each for each in contracts() if getattr(each, "topic", "").startswith("private")]

    assert ErasureDue in private
    assert not [each for each in private if has_personal_fields(each)]


def test_whoever_a_message_tells_of_can_be_found_in_it() -> None:
    personal = [each for each in public_contracts() if has_personal_fields(each)]

    assert OrderAccepted in personal
    for each in personal:
        info = msgspec.inspect.type_info(each)
        assert isinstance(info, msgspec.inspect.StructType)
        kinds = [getattr(field.type, "cls", None) for field in info.fields]
        assert Customer in kinds
