"""Taking over what the service has told: the archive has it again, and the tables say the same."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from shared.contracts import Message, read_envelope
from shared.errors import TooEarlyError
from shared.kafka.records import ConsumedRecord, OutboxRecord
from shared.messaging import dead_letters, pending_outbox
from shared.messaging.after_commit import AfterCommit
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
"""The source of what was told before the database was set back."""


@dataclass(frozen=True, slots=True)
class Takeover:
    """How one service makes its tables say again what it has told."""

    subscriptions: Subscriptions
    """Handlers of its own messages, by type. They tell nothing, and do nothing twice.

    A handler raises TooEarlyError where something has to be read first.
    """

    settling: tuple[type[Message], ...] = ()
    """Messages whose cause must not be handled once more: it could be answered otherwise."""

    withdrawable: tuple[type[Message], ...] = ()
    """Messages that its handlers take back where they contradict what was told before. Only these
    are told by requests while the broker is out and the database is not proven."""

    @property
    def settling_types(self) -> frozenset[str]:
        """Return the types of what settles its cause."""
        return frozenset(each.type for each in self.settling)


NO_TAKEOVER = Takeover({})
"""For a service whose tables follow from what the others tell it."""


@dataclass(frozen=True, slots=True)
class TakeoverWriter:
    """Takes messages over into one service's database."""

    sessions: Sessions
    service_topics: ServiceTopics
    takeover: Takeover
    recovery: UUID

    def archive(self, records: Sequence[ConsumedRecord], after_commit: AfterCommit) -> list[UUID]:
        """Archive and count those of these records that the database does not know.

        What they say is pending until it is applied.

        Returns:
            The key of each of them.
        """
        own = self.service_topics.own_messages(records)
        with begin_transaction(self.sessions, datetime.now(UTC), after_commit) as transaction:
            session = transaction.session
            new = unrecorded_messages(session, own)
            self._archive(session, new, transaction.now)
            pending_outbox.save_published_offsets(session, _highest_offsets(records))
        return [each.envelope.subject for each in new]

    def _archive(self, session: Session, new: Sequence[OwnMessage], now: datetime) -> None:
        if not new:
            return
        recovery_store.insert_outbox_records(
            session, [(_to_outbox_record(each), each.envelope.time) for each in new]
        )
        keys = {each.envelope.id: each.envelope.subject for each in new}
        recovery_store.insert_taken_over(session, self.recovery, keys)
        settled = self.takeover.settling_types
        causes = [each.envelope.causationid for each in new if each.envelope.type in settled]
        recovery_store.mark_causes_handled(session, causes, now)

    def pending_keys(self, after: UUID, limit: int, _: AfterCommit) -> list[UUID]:
        """Return keys behind this one under which a message could not be applied yet."""
        with self.sessions() as session:
            return recovery_store.pending_keys(session, after, limit)

    def apply_pending(
        self, keys: Collection[UUID], after_commit: AfterCommit, *, is_last: bool = False
    ) -> int:
        """Apply what is pending under these keys; return how many messages are pending still.

        All in one transaction if all goes well, else in halves: what cannot be applied leaves
        the others alone. What is too early and has changed nothing is left out. The last time it
        is parked: a person decides.
        """
        with self.sessions() as session:
            pending = [
                _from_outbox_record(each) for each in recovery_store.pending_records(session, keys)
            ]
        if not pending:
            return 0
        early: list[tuple[OpenedMessage, TooEarlyError]] = []

        def together(several: Sequence[OpenedMessage]) -> None:
            early.extend(retry_on_conflict(partial(self._apply, after_commit), several))

        def alone(each: OpenedMessage, error: Exception) -> None:
            if isinstance(error, TooEarlyError):
                early.append((each, error))
            else:
                self._add_dead_letter(each, error, after_commit)

        bisect_batch(pending, together, alone, PERMANENT)
        if is_last:
            for each, error in early:
                self._add_dead_letter(each, error, after_commit)
        return len(early)

    def _apply(
        self, after_commit: AfterCommit, several: Sequence[OpenedMessage]
    ) -> Sequence[tuple[OpenedMessage, TooEarlyError]]:
        """Make the tables say what messages say; return those that are too early, and why.

        Raises:
            TooEarlyError: if one is that has changed something before it said so.
        """
        subscriptions = self.takeover.subscriptions
        dispatcher = Dispatcher(self.sessions, subscriptions)
        ours = [each for each in several if each.envelope.type in subscriptions]
        early: dict[UUID, tuple[OpenedMessage, TooEarlyError]] = {}
        with (
            classify_data_errors(),
            begin_transaction(self.sessions, datetime.now(UTC), after_commit) as transaction,
        ):
            with classify_handler_errors():
                dispatcher.preload(transaction.session, ours)
                for each in ours:
                    before = transaction.change_count
                    try:
                        dispatcher.call_handlers([each], transaction)
                    except TooEarlyError as error:
                        if transaction.change_count != before:
                            raise
                        early[each.envelope.id] = (each, error)
                transaction.flush()
            applied = {each.envelope.id for each in several} - early.keys()
            recovery_store.mark_applied(transaction.session, applied)
        return list(early.values())

    def _add_dead_letter(
        self, each: OpenedMessage, error: Exception, after_commit: AfterCommit
    ) -> None:
        """Park a message that cannot be applied: what follows under its key waits behind it."""
        with begin_transaction(self.sessions, datetime.now(UTC), after_commit) as transaction:
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
    """Return a message of the service's own as one to be handled."""
    message = own.envelope.open()
    assert message, f"{own.envelope.type} was told by this service and has no contract"
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
    places: dict[str, int] = {}
    for each in records:
        places[each.source] = max(each.offset, places.get(each.source, 0))
    return places
