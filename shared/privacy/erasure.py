"""Erasure of a party's personal data in a service's database.

A service blanks its dead letters. If it has given `blank_orders`, it also blanks the party's
orders that were accepted until the erasure: its own tables, and all outbox records of these
orders. Pending records are in the outbox too (`unsent` only refers to them): they are blanked and
still published, so consumers lose no message. A message that was sent before the erasure may
arrive after it: a service does not store personal data of a message that is older than the
erasure. Timers need no blanking: no message that a service sends itself (`@private`) has personal
fields.

It runs in batches, each in its own transaction, and three times: at once; soon after, for
messages in flight; and after twice the broker's retention, when the broker has deleted all
messages that are older than the erasure. An unreadable dead letter cannot be blanked, and stays
for a person. An unreadable outbox record stops the erasure, and its `ErasureDue` becomes a dead
letter. So the code must be able to read messages of a contract with personal fields as long as
`outbox` or its archived files have any.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TypeAlias
from uuid import UUID

import msgspec
from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from shared.config.kafka import RETENTION
from shared.contracts import (
    Customer,
    Envelope,
    Message,
    PartyErased,
    encode,
    private,
    public_contracts,
    read_envelope,
)
from shared.contracts.personal import has_personal_fields, with_personal_data_blanked
from shared.messaging.dead_letters import DeadLetterRow
from shared.messaging.dispatcher import Subscription, on
from shared.messaging.failures import UnreadableError, classify_read_errors
from shared.messaging.outbox import OUTBOX, OutboxRow
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.bulk import table_of, update_rows
from shared.privacy import erased_parties
from shared.privacy.erased_parties import ErasedParties
from shared.scheduling.timer_store import schedule

BATCH_SIZE = 200
"""Orders, or dead letters, per batch."""

REPEAT_AFTER = (timedelta(hours=1), 2 * RETENTION)
"""A broker drops whole segments, so a message may stay readable for twice the retention."""

LOWEST_ID = UUID(int=0)
BLANKED_ERROR = "removed with the personal data of the message; try it again to see what is wrong"


@private("kernel.erasure_due", 1)
class ErasureDue(Message, frozen=True, kw_only=True):
    """The next batch of a party's personal data is due to be blanked."""

    party_key: UUID
    party_id: str
    until: datetime
    after: UUID = LOWEST_ID
    """The last order of the previous batch."""

    @property
    def key(self) -> UUID:
        """The party."""
        return self.party_key


BlankOrders: TypeAlias = Callable[[Session, str, ErasureDue], Sequence[UUID]]
"""Blanks the next batch of a party in a service's own tables: its orders after `due.after`,
at most `BATCH_SIZE`. Returns these orders, sorted by id."""


def blank_nothing(session: Session, tenant: str, due: ErasureDue) -> Sequence[UUID]:
    """Blank nothing: the service stores no personal data, or has blanked them already."""
    del session, tenant, due
    return ()


def erasure_subscriptions(
    blank_orders: BlankOrders = blank_nothing,
) -> tuple[Subscription, Subscription]:
    """Return the subscriptions with which a service erases parties."""
    return on(PartyErased, on_party_erased), on(ErasureDue, partial(on_erasure_due, blank_orders))


def on_party_erased(message: PartyErased, work: UnitOfWork) -> None:
    """Store the erased party; schedule its erasure, and the repetitions for late messages."""
    erased_parties.add_erased_party(work.session, work.tenant, message.party_id, message.until)
    due = ErasureDue(party_key=message.party_key, party_id=message.party_id, until=message.until)
    for wait in (timedelta(), *REPEAT_AFTER):
        schedule(work, work.now + wait, due)


def on_erasure_due(blank_orders: BlankOrders, due: ErasureDue, work: UnitOfWork) -> None:
    """Blank the next batch of a party's data; schedule the following one while there are more."""
    orders = blank_orders(work.session, work.tenant, due)
    blank_outbox_records(work.session, orders)
    if len(orders) == BATCH_SIZE:
        schedule(work, work.now, msgspec.structs.replace(due, after=orders[-1]))
    else:
        blank_dead_letters(work.session, work.tenant, due)


KEYS = bindparam("keys", type_=ARRAY(OUTBOX.c.key.type))
TYPES = bindparam("types", type_=ARRAY(OUTBOX.c.type.type))
SELECT_RECORDS = select(OUTBOX.c.told_at, OUTBOX.c.position, OUTBOX.c.body).where(
    OUTBOX.c.key == func.any(KEYS), OUTBOX.c.type == func.any(TYPES)
)
DEAD_LETTERS = table_of(DeadLetterRow)
NEXT_DEAD_LETTERS = (
    select(DEAD_LETTERS.c.position, DEAD_LETTERS.c.body)
    .where(DEAD_LETTERS.c.type == func.any(TYPES), DEAD_LETTERS.c.position > bindparam("after"))
    .order_by(DEAD_LETTERS.c.position)
    .limit(BATCH_SIZE)
)


def personal_types() -> list[str]:
    """Return the types of messages with personal fields."""
    return [each.type for each in public_contracts() if has_personal_fields(each)]


def blank_outbox_records(session: Session, keys: Collection[UUID]) -> None:
    """Blank the personal fields of all outbox records with these keys."""
    if keys:
        rows = session.execute(SELECT_RECORDS, {"keys": list(keys), "types": personal_types()})
        changed = [(at, position, new) for at, position, old in rows if (new := blanked_body(old))]
        update_rows(session, OutboxRow, ("told_at", "position", "body"), changed, key_length=2)


def blank_dead_letters(session: Session, tenant: str, due: ErasureDue) -> None:
    """Blank a party's personal data in all dead letters, open or released."""
    erased = {(tenant, due.party_id): due.until}
    for rows in _dead_letter_batches(session):
        changed = [
            (position, new, BLANKED_ERROR)
            for position, old in rows
            if names_party_before_erasure(old, erased) and (new := blanked_body(old))
        ]
        update_rows(session, DeadLetterRow, ("position", "body", "error"), changed)


def _dead_letter_batches(session: Session) -> Iterator[Sequence[tuple[int, bytes]]]:
    after, types = 0, personal_types()
    while found := session.execute(NEXT_DEAD_LETTERS, {"after": after, "types": types}).all():
        yield [(position, body) for position, body in found]
        after = found[-1].position


def names_party_before_erasure(body: bytes, erased: ErasedParties) -> bool:
    """Tell whether a message names one of these parties and was published before its erasure."""
    try:
        envelope, message = decode_body(body)
    except UnreadableError:
        return False
    untils = (erased.get((envelope.tenant, each.id)) for each in parties_in(message))
    return any(until is not None and envelope.time <= until for until in untils)


def parties_in(message: Message | None) -> list[Customer]:
    """Return the parties in the fields of a message."""
    fields = msgspec.structs.astuple(message) if message else ()
    return [field for field in fields if isinstance(field, Customer)]


def blanked_body(body: bytes) -> bytes | None:
    """Return the same envelope with its message blanked; None if it is blank already."""
    envelope, message = decode_body(body)
    if message is None or message == (new := with_personal_data_blanked(message)):
        return None
    return encode(msgspec.structs.replace(envelope, data=msgspec.Raw(encode(new))))


def decode_body(body: bytes) -> tuple[Envelope, Message | None]:
    """Return the envelope and the message of a record's body.

    Raises:
        UnreadableError: if it cannot be read.
    """
    with classify_read_errors():
        envelope = read_envelope(body)
        return envelope, envelope.open()
