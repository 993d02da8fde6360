"""The worker: what comes from Kafka, handed to the inbox batch by batch."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import structlog

from shared import inbox_rows, metrics, trials
from shared.bus import MOST
from shared.db import Sessions
from shared.inbox import DeadlyError, Receiver, Subscriptions
from shared.inbox_rows import Record
from shared.outbox import Dispatch
from shared.patience import patiently
from shared.relay import Relay
from shared.trials import MOST_DEATHS

log = structlog.get_logger()


class Worker:
    """Handles a service's records from Kafka."""

    def __init__(
        self, sessions: Sessions, relay: Relay, subscriptions: Subscriptions, *, careful: bool
    ) -> None:
        self._sessions = sessions
        self._relay = relay
        self._receiver = Receiver(sessions, subscriptions)
        self._suspects = MOST if careful else 0
        """So many records more are tried one by one: the process before us died of something."""

    async def handle(self, records: Sequence[Record]) -> None:
        """Handle a batch; return once it is committed."""
        suspects, rest = records[: self._suspects], records[self._suspects :]
        for record in suspects:
            await patiently(self._relay, partial(self._try, record))
        if suspects:
            self._suspects -= len(suspects)
            await patiently(self._relay, self._survive)
        if rest:
            metrics.batch_size("inbox").observe(len(rest))
            await patiently(self._relay, partial(self._receiver.receive_now, rest))

    async def reached(self) -> dict[str, int]:
        """Return the offset of the next record to read, by topic and partition."""
        return await patiently(self._relay, self._reached)

    def _try(self, record: Record, dispatch: Dispatch) -> None:
        """Handle one record, having noted it; park it if it has ended the process too often."""
        with self._sessions.begin() as session:
            deaths = trials.begin(session, record)
        if deaths < MOST_DEATHS:
            return self._receiver.receive_now([record], dispatch)
        log.error("record.deadly", record=record.identity, type=record.type, deaths=deaths)
        error = DeadlyError(f"the process ended {deaths} times while handling it")
        return self._receiver.set_aside(record, error, datetime.now(UTC), dispatch)

    def _survive(self, _: Dispatch) -> None:
        with self._sessions.begin() as session:
            trials.survive(session)

    def _reached(self, _: Dispatch) -> dict[str, int]:
        with self._sessions() as session:
            return inbox_rows.reached(session)
