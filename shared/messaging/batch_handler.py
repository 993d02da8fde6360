"""Passes records from Kafka to the dispatcher, batch by batch."""

from collections.abc import Sequence
from functools import partial

from shared.kafka.record_types import ConsumedRecord
from shared.messaging import inbox
from shared.messaging.commit_context import CommitContext
from shared.messaging.crash_guard import CrashGuard
from shared.messaging.dispatcher import Dispatcher, Subscriptions
from shared.messaging.retry import retry_while_unavailable
from shared.messaging.writer import Writer
from shared.observability import metrics
from shared.persistence.database import Sessions


class BatchHandler:
    """Handles a service's records from Kafka."""

    def __init__(
        self,
        sessions: Sessions,
        writer: Writer,
        subscriptions: Subscriptions,
        crash_guard: CrashGuard,
    ) -> None:
        self._sessions = sessions
        self._writer = writer
        self._dispatcher = Dispatcher(sessions, subscriptions)
        self._crash_guard = crash_guard

    async def handle(self, records: Sequence[ConsumedRecord]) -> None:
        """Handle a batch; return once it is committed."""
        metrics.batch_size("inbox").observe(len(records))
        with metrics.batch_seconds("inbox").time():
            await retry_while_unavailable(
                self._writer, partial(self._crash_guard.handle_batch, self._dispatcher, records)
            )

    async def next_offsets(self) -> dict[str, int]:
        """Return the offset of the next record to read, by topic and partition."""
        return await retry_while_unavailable(self._writer, self._read_saved_offsets)

    def _read_saved_offsets(self, _: CommitContext) -> dict[str, int]:
        with self._sessions.begin() as session:
            return inbox.next_offsets(session)
