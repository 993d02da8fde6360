"""Takeover: the service's own published messages are archived again and applied to its tables."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from shared.contracts import Message, read_envelope
from shared.errors import EarlyMessageError
from shared.kafka.record_types import ConsumedRecord, OutboxRecord
from shared.messaging import dead_letters, pending_outbox
from shared.messaging.commit_context import CommitContext
from shared.messaging.dead_letters import DeadLetterReason, NewDeadLetter
from shared.messaging.dispatcher import Dispatcher, Subscriptions
from shared.messaging.failures import (
    PERMANENT,
    classify_data_errors,
    classify_handler_errors,
    explain,
)
from shared.messaging.inbox import OpenedMessage
from shared.messaging.unit_of_work import begin_transaction, bisect_batch, retry_on_conflict
from shared.persistence.database import Sessions
from shared.recovery import recovery_store
from shared.recovery.loss_detection import OwnMessage, ServiceTopics, unrecorded_messages

TAKEN_OVER_SOURCE = "taken-over"
"""The source of records that were published before the database was restored."""


@dataclass(frozen=True, slots=True)
class Takeover:
    """How one service applies its own published messages to its tables."""

    subscriptions: Subscriptions
    """Handlers of its own messages, by type. They publish nothing, and are idempotent.

    A handler raises EarlyMessageError where another message must be consumed first.
    """

    settling: tuple[type[Message], ...] = ()
    """Messages whose cause must not be handled again: the answer could differ."""

    withdrawable: tuple[type[Message], ...] = ()
    """Messages that its handlers withdraw where they contradict earlier published ones. Requests
    publish only these while the broker is out and the database is unproven."""

    @property
    def settling_types(self) -> frozenset[str]:
        """Return the types of the messages in `settling`."""
        return frozenset(each.type for each in self.settling)


NO_TAKEOVER = Takeover({})
"""For a service whose tables follow from the messages of other services."""


@dataclass(frozen=True, slots=True)
class TakeoverWriter:
    """Takes messages over into one service's database."""

    sessions: Sessions
    service_topics: ServiceTopics
    takeover: Takeover
    recovery: UUID

    def store_lost_messages(
        self, records: Sequence[ConsumedRecord], commit_context: CommitContext
    ) -> list[UUID]:
        """Archive those of these records that the database lacks, and raise their sequences.

        They are pending until they are applied.

        Returns:
            The key of each of them.
        """
        own = self.service_topics.own_messages(records)
        with begin_transaction(self.sessions, datetime.now(UTC), commit_context) as transaction:
            session = transaction.session
            new = unrecorded_messages(session, own)
            self._insert_lost_messages(session, new, transaction.now)
            pending_outbox.save_published_offsets(session, _highest_offsets(records))
        return [each.envelope.subject for each in new]

    def _insert_lost_messages(
        self, session: Session, new: Sequence[OwnMessage], now: datetime
    ) -> None:
        if not new:
            return
        recovery_store.insert_published_messages(
            session, [(_to_outbox_record(each), each.envelope.time) for each in new]
        )
        keys = {each.envelope.id: each.envelope.subject for each in new}
        recovery_store.insert_taken_over(session, self.recovery, keys)
        settled = self.takeover.settling_types
        causes = [each.envelope.causationid for each in new if each.envelope.type in settled]
        recovery_store.mark_causes_handled(session, causes, now)

    def pending_keys(self, after: UUID, limit: int, _: CommitContext) -> list[UUID]:
        """Return keys after this one under which messages are pending."""
        with self.sessions.begin() as session:
            return recovery_store.pending_keys(session, after, limit)

    def apply_pending(
        self, keys: Collection[UUID], commit_context: CommitContext, *, is_last: bool = False
    ) -> int:
        """Apply the messages pending under these keys; return how many are still pending.

        All in one transaction if possible, else in halves, so that a message that cannot be
        applied does not block the others. One that is too early and has changed nothing is
        skipped. The last time it becomes a dead letter: a person decides.
        """
        with self.sessions.begin() as session:
            pending = [
                _from_outbox_record(each) for each in recovery_store.pending_records(session, keys)
            ]
        if not pending:
            return 0
        early: list[tuple[OpenedMessage, EarlyMessageError]] = []

        def apply(several: Sequence[OpenedMessage]) -> None:
            early.extend(retry_on_conflict(partial(self._apply, commit_context), several))

        def handle_failure(each: OpenedMessage, error: Exception) -> None:
            if isinstance(error, EarlyMessageError):
                early.append((each, error))
            else:
                self._park_unappliable(each, error, commit_context)

        bisect_batch(pending, apply, handle_failure, PERMANENT)
        if is_last:
            for each, error in early:
                self._park_unappliable(each, error, commit_context)
        return len(early)

    def _apply(
        self, commit_context: CommitContext, several: Sequence[OpenedMessage]
    ) -> Sequence[tuple[OpenedMessage, EarlyMessageError]]:
        """Apply messages to the tables; return those that are too early, with their errors.

        Raises:
            EarlyMessageError: if a handler has changed something before it raised this.
        """
        subscriptions = self.takeover.subscriptions
        dispatcher = Dispatcher(self.sessions, subscriptions)
        ours = [each for each in several if each.envelope.type in subscriptions]
        early: dict[UUID, tuple[OpenedMessage, EarlyMessageError]] = {}
        with (
            classify_data_errors(),
            begin_transaction(self.sessions, datetime.now(UTC), commit_context) as transaction,
        ):
            with classify_handler_errors():
                dispatcher.preload(transaction.session, ours)
                for each in ours:
                    before = transaction.change_count
                    try:
                        dispatcher.call_handlers([each], transaction)
                    except EarlyMessageError as error:
                        if transaction.change_count != before:
                            raise
                        early[each.envelope.id] = (each, error)
                transaction.flush()
            applied = {each.envelope.id for each in several} - early.keys()
            recovery_store.mark_applied(transaction.session, applied)
        return list(early.values())

    def _park_unappliable(
        self, each: OpenedMessage, error: Exception, commit_context: CommitContext
    ) -> None:
        """Park a message that cannot be applied: later ones of its key wait behind it."""
        with begin_transaction(self.sessions, datetime.now(UTC), commit_context) as transaction:
            record, envelope = each.record, each.envelope
            dead_letters.add(
                transaction.session,
                [
                    NewDeadLetter(
                        *(str(envelope.id), TAKEN_OVER_SOURCE, record.offset, envelope.type),
                        *(
                            envelope.subject.bytes,
                            record.body,
                            DeadLetterReason.RESTORED,
                            explain(error),
                        ),
                        envelope.tenant or None,
                    )
                ],
                transaction.now,
            )
            recovery_store.mark_applied(transaction.session, [envelope.id])


def to_opened_message(own: OwnMessage) -> OpenedMessage:
    """Return a message of the service's own in the form that handlers take."""
    message = own.envelope.open()
    assert message, f"{own.envelope.type} was published by this service and has no contract"
    return OpenedMessage(own.record, own.envelope, message)


def _from_outbox_record(outbox_record: OutboxRecord) -> OpenedMessage:
    record = ConsumedRecord(
        TAKEN_OVER_SOURCE,
        outbox_record.sequence,
        outbox_record.key.bytes,
        outbox_record.body,
        outbox_record.type,
    )
    return to_opened_message(OwnMessage(record, read_envelope(outbox_record.body)))


def _to_outbox_record(own: OwnMessage) -> OutboxRecord:
    envelope, record = own.envelope, own.record
    topic = record.source.rpartition("/")[0]
    return OutboxRecord(
        *(envelope.id, envelope.tenant, envelope.type, topic),
        *(envelope.subject, envelope.sequence, record.body),
    )


def _highest_offsets(records: Iterable[ConsumedRecord]) -> dict[str, int]:
    """Return the highest offset that was read, by topic and partition."""
    highest: dict[str, int] = {}
    for each in records:
        highest[each.source] = max(each.offset, highest.get(each.source, 0))
    return highest
