"""Releasing what is parked: a key's messages are tried again, oldest first.

Order holds within one topic and key. What came too early keeps only those behind it that came
by the same topic: one of another topic may be what it waits for. Anything else that cannot be
handled keeps all that are behind it.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from shared.kafka.records import Record
from shared.messaging import dead_letters, inbox
from shared.messaging.after_commit import Dispatch
from shared.messaging.dead_letters import ParkedRow, Why
from shared.messaging.dispatcher import Receiver
from shared.messaging.failures import (
    HOPELESS,
    blaming_the_data,
    blaming_the_handler,
    explain,
    tenant_of,
    why,
)
from shared.messaging.unit_of_work import begin, stubbornly
from shared.persistence.database import Sessions


def release(
    sessions: Sessions, receiver: Receiver, key: bytes, now: datetime, dispatch: Dispatch
) -> int:
    """Handle what is parked under a key, as far as order allows.

    Returns:
        How many were handled. What cannot be stays parked, with its new reason.
    """
    handled, after = 0, 0
    early: set[str] = set()
    while row := _next(sessions, key, after):
        after = row.position
        if topic_of(row) in early:
            continue
        failure = _try(sessions, receiver, row, now, dispatch)
        if failure is Why.EARLY:
            early.add(topic_of(row))
        elif failure:
            break
        else:
            handled += 1
            if early:  # it may be what one of those waits for
                early, after = set(), 0
    return handled


def topic_of(row: ParkedRow) -> str:
    """Return by which way a message came: order holds within it."""
    return row.source.rpartition("/")[0] or row.source


def as_record(row: ParkedRow) -> Record:
    """Return a parked message as one to be handled."""
    return Record("parked", row.position, row.key, row.body)


def _next(sessions: Sessions, key: bytes, after: int) -> ParkedRow | None:
    with sessions() as session:
        return dead_letters.next_under(session, key, after)


def _try(
    sessions: Sessions, receiver: Receiver, row: ParkedRow, now: datetime, dispatch: Dispatch
) -> Why | None:
    """Handle one parked message; return why it cannot be handled still, and note it."""
    try:
        stubbornly(partial(_handle, sessions, receiver, now, dispatch), [row])
    except HOPELESS as error:
        whose = tenant_of(as_record(row))
        with sessions.begin() as session:
            dead_letters.still(session, row.identity, why(error), explain(error), whose)
        return why(error)
    return None


def _handle(
    sessions: Sessions,
    receiver: Receiver,
    now: datetime,
    dispatch: Dispatch,
    rows: Sequence[ParkedRow],
) -> None:
    """Handle what was parked, unless somebody else has done so meanwhile."""
    with blaming_the_data(), begin(sessions, now, dispatch) as transaction:
        session = transaction.session
        parked = [row for row in rows if dead_letters.lock(session, row.position)]
        records = [as_record(row) for row in parked]
        heard = [
            each for each in receiver.open_all(records) if inbox.note_released(session, each, now)
        ]
        for row in parked:
            dead_letters.release(session, row.identity, now)
        with blaming_the_handler():
            receiver.hand_out(heard, transaction)
            transaction.flush()
