"""Forgetting who a party was: what all services do when they hear of it.

A service blanks its own tables; the letters that it told under the orders
concerned, wherever they lie in the archive; and what is parked there. Letters
that are not sent yet lie in the archive too (`unsent` only names them), so they
leave blanked, and readers lose nothing: whoever keeps personal data goes by the
time of the erasure, and an older letter brings none of it back. Reminders need no
blanking: no private contract has personal fields.

It is done in parts, each a transaction of its own, and three times: at once; soon
after, for what was on its way; and when no broker can hold an older letter any more.
What cannot be read cannot be blanked: that waits for people, who see it in the
list of what is parked. A contract that has personal fields must stay known as long
as the archive has letters of it.
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
from shared.contracts.personal import blank_personal_data, has_personal_fields
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
"""Orders, or parked messages, that are read at once."""

REPEAT_AFTER = (timedelta(hours=1), 2 * RETENTION)
"""A broker drops whole segments, so a letter may be read for twice as long as it is kept."""

LOWEST_ID = UUID(int=0)
BLANKED_ERROR = (
    "taken away with what the message told of a person; try it again to see what is wrong"
)


@private("kernel.erasure_due", 1)
class ErasureDue(Message, frozen=True, kw_only=True):
    """A part of what is kept of a party is to be blanked."""

    party_key: UUID
    party_id: str
    until: datetime
    after: UUID = LOWEST_ID
    """The last order of the part before."""

    @property
    def key(self) -> UUID:
        """The party."""
        return self.party_key


BlankOrders: TypeAlias = Callable[[Session, str, ErasureDue], Sequence[UUID]]
"""Blanks the next part of a tenant's party in a service's own tables: its orders after
`due.after`, up to `PART`. Returns these orders, in their order."""


def blank_nothing(session: Session, tenant: str, due: ErasureDue) -> Sequence[UUID]:
    """Blank nothing: the service keeps nothing personal, or has blanked it already."""
    del session, tenant, due
    return ()


def erasure_subscriptions(forget: BlankOrders = blank_nothing) -> tuple[Subscription, Subscription]:
    """Return what a service subscribes to, so that it forgets whom it must."""
    return on(PartyErased, on_party_erased), on(ErasureDue, partial(on_erasure_due, forget))


def on_party_erased(message: PartyErased, work: UnitOfWork) -> None:
    """Plan to forget a party, and to look again for what comes late; remember whom."""
    erased_parties.add_erased_party(work.session, work.tenant, message.party_id, message.until)
    due = ErasureDue(party_key=message.party_key, party_id=message.party_id, until=message.until)
    for wait in (timedelta(), *REPEAT_AFTER):
        schedule(work, work.now + wait, due)


def on_erasure_due(forget: BlankOrders, due: ErasureDue, work: UnitOfWork) -> None:
    """Forget the next part of a party; go on at once while there is more."""
    orders = forget(work.session, work.tenant, due)
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
    """Return the types of the messages that may tell something of a person."""
    return [each.type for each in public_contracts() if has_personal_fields(each)]


def blank_outbox_records(session: Session, keys: Collection[UUID]) -> None:
    """Blank all letters that this service told under these keys, and nothing else of them."""
    if keys:
        rows = session.execute(SELECT_RECORDS, {"keys": list(keys), "types": personal_types()})
        changed = [(at, position, new) for at, position, was in rows if (new := blanked_body(was))]
        update_rows(session, OutboxRow, ("told_at", "position", "body"), changed, keys=2)


def blank_dead_letters(session: Session, tenant: str, due: ErasureDue) -> None:
    """Blank what is, or was, parked here and tells who a party is."""
    whom = {(tenant, due.party_id): due.until}
    for rows in _dead_letter_batches(session):
        changed = [
            (position, new, BLANKED_ERROR)
            for position, was in rows
            if mentions_erased_party(was, whom) and (new := blanked_body(was))
        ]
        update_rows(session, DeadLetterRow, ("position", "body", "error"), changed)


def _dead_letter_batches(session: Session) -> Iterator[Sequence[tuple[int, bytes]]]:
    after, types = 0, personal_types()
    while found := session.execute(NEXT_DEAD_LETTERS, {"after": after, "types": types}).all():
        yield [(position, body) for position, body in found]
        after = found[-1].position


def mentions_erased_party(body: bytes, whom: ErasedParties) -> bool:
    """Tell whether a letter carries one of these parties, and was told before it was erased."""
    try:
        envelope, message = open_body(body)
    except UnreadableError:
        return False
    untils = (whom.get((envelope.tenant, each.id)) for each in parties_in(message))
    return any(until is not None and envelope.time <= until for until in untils)


def parties_in(message: Message | None) -> list[Customer]:
    """Return the parties that a message carries."""
    fields = msgspec.structs.astuple(message) if message else ()
    return [field for field in fields if isinstance(field, Customer)]


def blanked_body(body: bytes) -> bytes | None:
    """Return a letter with its message blanked, in the same envelope; None if it is already."""
    envelope, message = open_body(body)
    if message is None or message == (new := blank_personal_data(message)):
        return None
    return encode(msgspec.structs.replace(envelope, data=msgspec.Raw(encode(new))))


def open_body(body: bytes) -> tuple[Envelope, Message | None]:
    """Return what a letter says.

    Raises:
        UnreadableError: if it cannot be read.
    """
    with classify_read_errors():
        envelope = read_envelope(body)
        return envelope, envelope.open()
