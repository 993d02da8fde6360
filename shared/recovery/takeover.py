"""Taking over what the service has told: the archive has it again, and the tables say the same."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from shared.contracts import Message, read_envelope
from shared.errors import TooEarlyError
from shared.kafka.records import OutboxRecord, Record
from shared.messaging import dead_letters, pending_outbox
from shared.messaging.after_commit import Dispatch
from shared.messaging.dead_letters import Parking, Why
from shared.messaging.dispatcher import Receiver, Subscriptions
from shared.messaging.failures import HOPELESS, blaming_the_data, blaming_the_handler, explain
from shared.messaging.inbox import Heard
from shared.messaging.unit_of_work import begin, divide, stubbornly
from shared.persistence.database import Sessions
from shared.recovery import rows
from shared.recovery.evidence import Interest, Own, unknown

TAKEN_OVER = "taken-over"
"""The source of what was told before the database was set back."""


@dataclass(frozen=True, slots=True)
class Takeover:
    """How one service makes its tables say again what it has told."""

    subscriptions: Subscriptions
    """Handlers of its own messages, by type. They tell nothing, and do nothing twice.

    A handler raises TooEarlyError where something has to be read first.
    """

    settles: tuple[type[Message], ...] = ()
    """Messages whose cause must not be handled once more: it could be answered otherwise."""

    withdraws: tuple[type[Message], ...] = ()
    """Messages that its handlers take back where they contradict what was told before. Only these
    are told by requests while the broker is out and the database is not proven."""

    @property
    def settled_types(self) -> frozenset[str]:
        """Return the types of what settles its cause."""
        return frozenset(each.type for each in self.settles)


NOTHING = Takeover({})
"""For a service whose tables follow from what the others tell it."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """Takes messages over into one service's database."""

    sessions: Sessions
    interest: Interest
    takeover: Takeover
    recovery: UUID

    def archive(self, records: Sequence[Record], dispatch: Dispatch) -> list[UUID]:
        """Archive and count those of these records that the database does not know.

        What they say is pending until it is applied.

        Returns:
            The key of each of them.
        """
        own = self.interest.own(records)
        with begin(self.sessions, datetime.now(UTC), dispatch) as transaction:
            session = transaction.session
            new = unknown(session, own)
            self._archive(session, new, transaction.now)
            pending_outbox.fill(session, _furthest(records))
        return [each.envelope.subject for each in new]

    def _archive(self, session: Session, new: Sequence[Own], now: datetime) -> None:
        if not new:
            return
        rows.archive(session, [(_letter(each), each.envelope.time) for each in new])
        keys = {each.envelope.id: each.envelope.subject for each in new}
        rows.note_taken_over(session, self.recovery, keys)
        settled = self.takeover.settled_types
        causes = [each.envelope.causationid for each in new if each.envelope.type in settled]
        rows.settle(session, causes, now)

    def pending_keys(self, after: UUID, limit: int, _: Dispatch) -> list[UUID]:
        """Return keys behind this one under which a message could not be applied yet."""
        with self.sessions() as session:
            return rows.pending_keys(session, after, limit)

    def apply_under(
        self, keys: Collection[UUID], dispatch: Dispatch, *, is_last: bool = False
    ) -> int:
        """Apply what is pending under these keys; return how many messages are pending still.

        All in one transaction if all goes well, else in halves: what cannot be applied leaves
        the others alone. What is too early and has changed nothing is left out. The last time it
        is parked: a person decides.
        """
        with self.sessions() as session:
            pending = [_of_letter(each) for each in rows.pending_under(session, keys)]
        if not pending:
            return 0
        early: list[tuple[Heard, TooEarlyError]] = []

        def together(several: Sequence[Heard]) -> None:
            early.extend(stubbornly(partial(self._apply, dispatch), several))

        def alone(each: Heard, error: Exception) -> None:
            if isinstance(error, TooEarlyError):
                early.append((each, error))
            else:
                self._set_aside(each, error, dispatch)

        divide(pending, together, alone, HOPELESS)
        if is_last:
            for each, error in early:
                self._set_aside(each, error, dispatch)
        return len(early)

    def _apply(
        self, dispatch: Dispatch, several: Sequence[Heard]
    ) -> Sequence[tuple[Heard, TooEarlyError]]:
        """Make the tables say what messages say; return those that are too early, and why.

        Raises:
            TooEarlyError: if one is that has changed something before it said so.
        """
        subscriptions = self.takeover.subscriptions
        receiver = Receiver(self.sessions, subscriptions)
        ours = [each for each in several if each.envelope.type in subscriptions]
        early: dict[UUID, tuple[Heard, TooEarlyError]] = {}
        with (
            blaming_the_data(),
            begin(self.sessions, datetime.now(UTC), dispatch) as transaction,
        ):
            with blaming_the_handler():
                receiver.preload(transaction.session, ours)
                for each in ours:
                    before = transaction.extent
                    try:
                        receiver.hand_out([each], transaction)
                    except TooEarlyError as error:
                        if transaction.extent != before:
                            raise
                        early[each.envelope.id] = (each, error)
                transaction.flush()
            applied = {each.envelope.id for each in several} - early.keys()
            rows.note_applied(transaction.session, applied)
        return list(early.values())

    def _set_aside(self, each: Heard, error: Exception, dispatch: Dispatch) -> None:
        """Park a message that cannot be applied: what follows under its key waits behind it."""
        with begin(self.sessions, datetime.now(UTC), dispatch) as transaction:
            record, envelope = each.record, each.envelope
            dead_letters.park(
                transaction.session,
                [
                    Parking(
                        *(str(envelope.id), TAKEN_OVER, record.offset, envelope.type),
                        *(envelope.subject.bytes, record.body, Why.RESTORED, explain(error)),
                        envelope.tenant or None,
                    )
                ],
                transaction.now,
            )
            rows.note_applied(transaction.session, [envelope.id])


def heard(own: Own) -> Heard:
    """Return a message of the service's own as one to be handled."""
    message = own.envelope.open()
    assert message, f"{own.envelope.type} was told by this service and has no contract"
    return Heard(own.record, own.envelope, message)


def _of_letter(letter: OutboxRecord) -> Heard:
    record = Record(TAKEN_OVER, letter.sequence, letter.key.bytes, letter.body, letter.type)
    return heard(Own(record, read_envelope(letter.body)))


def _letter(own: Own) -> OutboxRecord:
    envelope, record = own.envelope, own.record
    topic = record.source.rpartition("/")[0]
    return OutboxRecord(
        *(envelope.id, envelope.tenant, envelope.type, topic),
        *(envelope.subject, envelope.sequence, record.body),
    )


def _furthest(records: Iterable[Record]) -> dict[str, int]:
    """Return the highest offset that was read, by topic and partition."""
    places: dict[str, int] = {}
    for each in records:
        places[each.source] = max(each.offset, places.get(each.source, 0))
    return places
