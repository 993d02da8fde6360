"""A process that crashes on one order's message.

Run as `python -m tests.shared.messaging.crash_worker URL FOLDER`.
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from shared.contracts import Causation, Envelope, OrderAccepted, OrderMessage, encode
from shared.kafka.record_types import ConsumedRecord
from shared.messaging.commit_context import CommitContext
from shared.messaging.crash_guard import CrashGuard, InFlightJournal
from shared.messaging.dispatcher import Dispatcher, index_subscriptions, on
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.database import make_sessions
from tests.shared.order_log import ORDER, SUBSCRIPTIONS, accepted, assigned, log_message

EXIT_STATUS = 9
OTHERS = [UUID(int=n) for n in range(1, 8)]


def exit_on_poison(message: OrderAccepted, work: UnitOfWork) -> None:
    """Log a message; exit the process on the poison message."""
    if message.order_id == ORDER:
        os._exit(EXIT_STATUS)
    log_message(message, work)


def records() -> list[ConsumedRecord]:
    """Return the batch that is read again after each crash: the poison message in the middle."""
    messages = [*map(accepted, OTHERS[:4]), accepted(), *map(accepted, OTHERS[4:]), assigned()]
    return [
        ConsumedRecord("order/3", offset, message.key.bytes, encoded(message), message.type)
        for offset, message in enumerate(messages)
    ]


def encoded(message: OrderMessage) -> bytes:
    """Return a message as it comes from Kafka; always the same bytes."""
    cause = Causation(message.key, message.key, "jiangsu")
    return encode(Envelope.wrap(message, cause, 0, 1, datetime(2026, 1, 1, tzinfo=UTC)))


def main(url: str, folder: str) -> None:
    """Handle the batch, as a worker does."""
    sessions, journal = make_sessions(url), InFlightJournal(Path(folder))
    crash_guard = CrashGuard(sessions, journal)
    dispatcher = Dispatcher(
        sessions, SUBSCRIPTIONS | index_subscriptions(on(OrderAccepted, exit_on_poison))
    )
    crash_guard.handle_batch(dispatcher, records(), CommitContext(uuid4()))
    journal.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
