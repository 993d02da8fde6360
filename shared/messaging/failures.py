"""Failure classification: what can be wrong with a consumed message, and its text for people.

Transient errors and write conflicts are no fault of a message (unit_of_work.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from sqlalchemy.exc import DataError

from shared.contracts import Envelope, read_envelope
from shared.error_text import describe_decode_error, describe_error, format_traceback
from shared.errors import DomainError, EarlyMessageError, PoisonError
from shared.kafka.record_types import ConsumedRecord
from shared.messaging.dead_letters import DeadLetterReason, NewDeadLetter
from shared.messaging.outbox import MAX_MESSAGE_BYTES
from shared.messaging.unit_of_work import TRANSIENT, WRITE_CONFLICTS, PersistentConflictError

MAX_EXPLANATION_CHARS = 20_000
"""Characters of an explanation; the end of a traceback says most."""


class UnreadableError(PoisonError):
    """A record breaks its contract, or is no message at all."""


class UnknownVersionError(PoisonError):
    """A subscribed message in an unknown version, and in no known one."""


class TooLargeError(PoisonError):
    """A message over the size limit."""


class HandlerError(Exception):
    """A handler failed with an unknown error: a bug."""


class CrashingRecordError(Exception):
    """A record that ended the process repeatedly."""


PERMANENT = (PoisonError, DomainError, HandlerError, PersistentConflictError)
"""Errors that no retry removes: this message cannot be handled."""


@contextmanager
def classify_handler_errors() -> Iterator[None]:
    """Separate a bug in a handler from one in the kernel, which must end the process.

    Raises:
        HandlerError: for any error of an unknown class.
    """
    try:
        yield
    except (*TRANSIENT, *WRITE_CONFLICTS, *PERMANENT):
        raise
    except Exception as bug:
        raise HandlerError(describe_error(bug)) from bug


@contextmanager
def classify_data_errors() -> Iterator[None]:
    """Turn the database's refusal to store a value into an error of the handler.

    Raises:
        HandlerError: for a value out of range, a text with a zero byte and the like.
    """
    try:
        yield
    except DataError as error:
        msg = f"it cannot be stored: {error.orig}"
        raise HandlerError(msg) from error


def read_record(record: ConsumedRecord) -> Envelope:
    """Read the envelope of a record.

    Raises:
        TooLargeError: if it is over the size limit.
        UnreadableError: if it is no envelope.
    """
    if len(record.body) > MAX_MESSAGE_BYTES:
        msg = f"{len(record.body)} bytes; at most {MAX_MESSAGE_BYTES} are read"
        raise TooLargeError(msg)
    with classify_read_errors():
        return read_envelope(record.body)


@contextmanager
def classify_read_errors() -> Iterator[None]:
    """Turn all decoding errors into one.

    Raises:
        UnreadableError: for any fault in the bytes, too deep nesting included.
    """
    try:
        yield
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableError(describe_decode_error(error)) from error


REASON_BY_ERROR: tuple[tuple[type[Exception], DeadLetterReason], ...] = (
    (UnreadableError, DeadLetterReason.UNREADABLE),
    (TooLargeError, DeadLetterReason.TOO_LARGE),
    (UnknownVersionError, DeadLetterReason.UNKNOWN_VERSION),
    (CrashingRecordError, DeadLetterReason.DEADLY),
    (HandlerError, DeadLetterReason.BUG),
    (PersistentConflictError, DeadLetterReason.COLLISION),
    (EarlyMessageError, DeadLetterReason.EARLY),
    (PoisonError, DeadLetterReason.RULE_BROKEN),
    (DomainError, DeadLetterReason.RULE_BROKEN),
)


def reason_for(error: Exception) -> DeadLetterReason:
    """Return the dead-letter reason for an error."""
    return next(why for kind, why in REASON_BY_ERROR if isinstance(error, kind))


def explain(error: Exception) -> str:
    """Return an error's text for people, without values; for a bug, with the traceback."""
    bug = error.__cause__ if isinstance(error, HandlerError) else None
    return storable_text(
        (format_traceback(bug) if bug else describe_error(error))[-MAX_EXPLANATION_CHARS:]
    )


def dead_letter_for(record: ConsumedRecord, error: Exception) -> NewDeadLetter:
    """Return a record as a dead letter, with the reason."""
    envelope = try_read(record)
    identity = str(envelope.id) if envelope else record.identity
    type_ = envelope.type if envelope else record.type
    return NewDeadLetter(
        *(identity, record.source, record.offset, storable_text(type_), record.key, record.body),
        *(reason_for(error), explain(error), tenant_of(record)),
    )


def tenant_of(record: ConsumedRecord) -> str | None:
    """Return the tenant of a record's message; None if it is unreadable or names none."""
    envelope = try_read(record)
    return (envelope and storable_text(envelope.tenant)) or None


def try_read(record: ConsumedRecord) -> Envelope | None:
    """Return the envelope of a record, if it can be read."""
    try:
        return read_record(record)
    except PoisonError:
        return None


def storable_text(text: str) -> str:
    """Return a text that a database can store: no zero bytes, no lone surrogates."""
    return text.replace("\0", "\\0").encode(errors="backslashreplace").decode()
