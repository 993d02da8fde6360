"""What can be wrong with a message that came in, and how people are told.

Passing trouble and collisions are nobody's fault and are not here (work.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from sqlalchemy.exc import DataError

from shared.contracts import Envelope, read_envelope
from shared.error_text import named, traceback_of, unreadable
from shared.errors import DomainError, PoisonError, TooEarlyError
from shared.kafka.records import Record
from shared.messaging.dead_letters import Parking, Why
from shared.messaging.outbox import MOST_BYTES
from shared.messaging.unit_of_work import COLLISION, PASSING, StubbornCollisionError

MOST_SAID = 20_000
"""Characters of an explanation; the end of a traceback says most."""


class UnreadableError(PoisonError):
    """What came in does not keep to its contract, or is no message at all."""


class UnknownVersionError(PoisonError):
    """A fact that we listen to, in a version that we do not know, and in no other."""


class TooLargeError(PoisonError):
    """A message over the size limit."""


class HandlerError(Exception):
    """A handler stumbled over something that it does not know."""


class DeadlyError(Exception):
    """A record that ended the process, again and again."""


HOPELESS = (PoisonError, DomainError, HandlerError, StubbornCollisionError)
"""Trouble that stays however often we try: this message cannot be handled."""


@contextmanager
def blaming_the_handler() -> Iterator[None]:
    """Tell a handler's bug from one of the kernel, which must end the process.

    Raises:
        HandlerError: for whatever comes out that nobody knows.
    """
    try:
        yield
    except (*PASSING, *COLLISION, *HOPELESS):
        raise
    except Exception as bug:
        raise HandlerError(named(bug)) from bug


@contextmanager
def blaming_the_data() -> Iterator[None]:
    """Blame what the database cannot store on the handler that wanted it stored.

    Raises:
        HandlerError: for a value out of range, a text with a zero byte and the like.
    """
    try:
        yield
    except DataError as error:
        msg = f"it cannot be stored: {error.orig}"
        raise HandlerError(msg) from error


def read(record: Record) -> Envelope:
    """Read the envelope of a record.

    Raises:
        TooLargeError: if it is over the size limit.
        UnreadableError: if it is none.
    """
    if len(record.body) > MOST_BYTES:
        msg = f"{len(record.body)} bytes; at most {MOST_BYTES} are read"
        raise TooLargeError(msg)
    with blaming_the_sender():
        return read_envelope(record.body)


@contextmanager
def blaming_the_sender() -> Iterator[None]:
    """Turn what a reader may stumble over into one error.

    Raises:
        UnreadableError: for whatever is wrong with the bytes, too deep a nesting too.
    """
    try:
        yield
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableError(unreadable(error)) from error


REASONS: tuple[tuple[type[Exception], Why], ...] = (
    (UnreadableError, Why.UNREADABLE),
    (TooLargeError, Why.TOO_LARGE),
    (UnknownVersionError, Why.UNKNOWN_VERSION),
    (DeadlyError, Why.DEADLY),
    (HandlerError, Why.BUG),
    (StubbornCollisionError, Why.COLLISION),
    (TooEarlyError, Why.EARLY),
    (PoisonError, Why.RULE_BROKEN),
    (DomainError, Why.RULE_BROKEN),
)


def why(error: Exception) -> Why:
    """Return the class of trouble that an error is of."""
    return next(why for kind, why in REASONS if isinstance(error, kind))


def explain(error: Exception) -> str:
    """Return what a person needs to know of an error, and no value: of a bug, the traceback too."""
    bug = error.__cause__ if isinstance(error, HandlerError) else None
    return legible((traceback_of(bug) if bug else named(error))[-MOST_SAID:])


def parking_of(record: Record, error: Exception) -> Parking:
    """Return a record as something to set aside, with the reason."""
    envelope = opened(record)
    identity = str(envelope.id) if envelope else record.identity
    type_ = envelope.type if envelope else record.type
    return Parking(
        *(identity, record.source, record.offset, legible(type_), record.key, record.body),
        *(why(error), explain(error), tenant_of(record)),
    )


def tenant_of(record: Record) -> str | None:
    """Return whose message a record holds; None where that cannot be read, or it names none."""
    envelope = opened(record)
    return (envelope and legible(envelope.tenant)) or None


def opened(record: Record) -> Envelope | None:
    """Return the envelope of a record, if it can be read."""
    try:
        return read(record)
    except PoisonError:
        return None


def legible(text: str) -> str:
    """Return a text as a database takes it: no zero bytes, no halves of characters."""
    return text.replace("\0", "\\0").encode(errors="backslashreplace").decode()
