"""A process that dies of one order's message: `python -m tests.shared.victim URL FOLDER`."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from shared.contracts import Cause, Envelope, OrderAccepted, OrderMessage, encode
from shared.kafka.records import Record
from shared.messaging.after_commit import Dispatch
from shared.messaging.crash_guard import Caution, Lifeline
from shared.messaging.dispatcher import Receiver, on, subscribe
from shared.messaging.unit_of_work import Work
from shared.persistence.database import make_sessions
from tests.shared.ledger import ORDER, SUBSCRIPTIONS, accepted, assigned, write

DEATH = 9
OTHERS = [UUID(int=n) for n in range(1, 8)]


def die(message: OrderAccepted, work: Work) -> None:
    """Handle a message, unless it is the deadly one."""
    if message.order_id == ORDER:
        os._exit(DEATH)
    write(message, work)


def records() -> list[Record]:
    """Return what the broker brings again after each death: the deadly one in the middle."""
    facts = [*map(accepted, OTHERS[:4]), accepted(), *map(accepted, OTHERS[4:]), assigned()]
    return [
        Record("order/3", offset, fact.key.bytes, sealed(fact), fact.type)
        for offset, fact in enumerate(facts)
    ]


def sealed(fact: OrderMessage) -> bytes:
    """Return a fact as it comes from Kafka; always the same."""
    cause = Cause(fact.key, fact.key, "jiangsu")
    return encode(Envelope.around(fact, cause, 0, 1, datetime(2026, 1, 1, tzinfo=UTC)))


def main(url: str, folder: str) -> None:
    """Handle the batch, as a worker does."""
    sessions, lifeline = make_sessions(url), Lifeline(Path(folder))
    caution = Caution(sessions, lifeline)
    receiver = Receiver(sessions, SUBSCRIPTIONS | subscribe(on(OrderAccepted, die)))
    caution.receive(receiver, records(), Dispatch(uuid4()))
    lifeline.let_go()


if __name__ == "__main__":
    main(*sys.argv[1:])
