"""The worker: what comes from Kafka, handed to the inbox batch by batch."""

from collections.abc import Sequence
from functools import partial

from shared.kafka.records import Record
from shared.messaging import inbox
from shared.messaging.after_commit import Dispatch
from shared.messaging.crash_guard import Caution
from shared.messaging.dispatcher import Receiver, Subscriptions
from shared.messaging.publisher import Relay
from shared.messaging.retry import patiently
from shared.observability import metrics
from shared.persistence.database import Sessions


class Worker:
    """Handles a service's records from Kafka."""

    def __init__(
        self, sessions: Sessions, relay: Relay, subscriptions: Subscriptions, caution: Caution
    ) -> None:
        self._sessions = sessions
        self._relay = relay
        self._receiver = Receiver(sessions, subscriptions)
        self._caution = caution

    async def handle(self, records: Sequence[Record]) -> None:
        """Handle a batch; return once it is committed."""
        metrics.batch_size("inbox").observe(len(records))
        with metrics.batch_seconds("inbox").time():
            await patiently(self._relay, partial(self._caution.receive, self._receiver, records))

    async def reached(self) -> dict[str, int]:
        """Return the offset of the next record to read, by topic and partition."""
        return await patiently(self._relay, self._reached)

    def _reached(self, _: Dispatch) -> dict[str, int]:
        with self._sessions() as session:
            return inbox.reached(session)
