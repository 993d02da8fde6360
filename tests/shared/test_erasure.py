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
from shared.contracts import Customer, Message, OrderAccepted, read_envelope, registered
from shared.contracts.personal import blank, tells_of_persons
from shared.errors import ConflictError
from shared.kafka.records import Record
from shared.messaging import pending_outbox
from shared.messaging.dispatcher import on, subscribe
from shared.messaging.unit_of_work import Work
from shared.persistence.database import Sessions
from shared.privacy.erasure import PART, TAKEN, ErasureDue, blank_letters, blank_parked
from tests.conftest import NOON
from tests.kernel import TENANT, cause_of, envelopes, hear_records, parked, record_of, tell, told
from tests.shared.ledger import ORDER, OTHER, SUBSCRIPTIONS, accepted, completed

LIN = Customer(id="lin-1", name="林小玉", phone="13851237788", email="l@x.cn", identity_number="32")
DUE = ErasureDue(party_key=ORDER, party_id=LIN.id, until=NOON)


def refuse(_: OrderAccepted, __: Work) -> None:
    raise ConflictError


REFUSING = SUBSCRIPTIONS | subscribe(on(OrderAccepted, refuse))


def about(customer: Customer = LIN) -> OrderAccepted:
    return msgspec.structs.replace(accepted(), customer=customer)


def blank_under_order(sessions: Sessions) -> None:
    with sessions.begin() as session:
        blank_letters(session, [ORDER])


def blank_what_is_parked(sessions: Sessions, due: ErasureDue = DUE) -> None:
    with sessions.begin() as session:
        blank_parked(session, TENANT, due)


def test_letters_under_the_orders_are_blanked_and_no_others(sessions: Sessions) -> None:
    other = msgspec.structs.replace(about(), order_id=OTHER)
    tell(sessions, about(), completed(), other)
    before = envelopes(sessions)

    blank_under_order(sessions)

    assert told(sessions) == [blank(about()), completed(), other]
    after = [
        msgspec.structs.replace(each, data=was.data)
        for each, was in zip(envelopes(sessions), before, strict=True)
    ]
    assert after == before


def test_a_letter_that_was_not_sent_yet_leaves_blanked(sessions: Sessions) -> None:
    tell(sessions, about())

    blank_under_order(sessions)

    with sessions() as session:
        (letter,) = pending_outbox.oldest_letters(session, 10)
    assert read_envelope(letter.body).open() == blank(about())
    assert letter.sequence == read_envelope(letter.body).sequence == 1


def test_what_is_parked_and_tells_who_the_party_is_is_blanked(sessions: Sessions) -> None:
    hear_records(sessions, REFUSING, [record_of(about())])

    blank_what_is_parked(sessions)

    (row,) = parked(sessions)
    assert read_envelope(row.body).open() == blank(about())
    assert row.error == TAKEN


OTHERS: dict[str, Record] = {
    "another party": record_of(about(msgspec.structs.replace(LIN, id="lin-2"))),
    "another tenant's party": record_of(about(), replace(cause_of(about()), tenant="zhejiang")),
    "told later": record_of(about(), told_at=NOON + timedelta(seconds=1)),
    "unreadable": record_of(about())._replace(body=b"lin-1 {", source="order/3"),
}


@pytest.mark.parametrize("record", OTHERS.values(), ids=OTHERS.keys())
def test_what_else_is_parked_stays_as_it_came(sessions: Sessions, record: Record) -> None:
    hear_records(sessions, REFUSING, [record])

    blank_what_is_parked(sessions)

    (row,) = parked(sessions)
    assert row.body == record.body
    assert row.error != TAKEN


def test_however_much_is_parked_all_of_it_is_looked_at(sessions: Sessions) -> None:
    causes = [replace(cause_of(about()), id=UUID(int=n)) for n in range(PART + 1)]
    hear_records(sessions, REFUSING, [record_of(about(), cause) for cause in causes])

    blank_what_is_parked(sessions)

    assert {row.error for row in parked(sessions)} == {TAKEN}


def contracts(kind: type[Message] = Message) -> Iterator[type[Message]]:
    """Yield all contracts, private ones too."""
    for each in kind.__subclasses__():
        yield each
        yield from contracts(each)


def test_no_reminder_tells_of_a_person() -> None:
    private = [each for each in contracts() if getattr(each, "topic", "").startswith("private")]

    assert ErasureDue in private
    assert not [each for each in private if tells_of_persons(each)]


def test_whoever_a_message_tells_of_can_be_found_in_it() -> None:
    personal = [each for each in registered() if tells_of_persons(each)]

    assert OrderAccepted in personal
    for each in personal:
        info = msgspec.inspect.type_info(each)
        assert isinstance(info, msgspec.inspect.StructType)
        kinds = [getattr(field.type, "cls", None) for field in info.fields]
        assert Customer in kinds
