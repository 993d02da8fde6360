"""Releasing what is parked: a key's messages are tried again, oldest first."""

from datetime import datetime

from shared import inbox_rows, parking
from shared.db import Sessions
from shared.inbox import HOPELESS, Receiver, blaming_the_handler, explain, why
from shared.inbox_rows import Record
from shared.outbox import Dispatch
from shared.work import begin


def release(
    sessions: Sessions, receiver: Receiver, key: bytes, now: datetime, dispatch: Dispatch
) -> int:
    """Handle all that is parked under a key, until one is hopeless still.

    Returns:
        How many were handled. What cannot be stays parked, with its new reason.
    """
    handled = 0
    while _release_one(sessions, receiver, key, now, dispatch):
        handled += 1
    return handled


def _release_one(
    sessions: Sessions, receiver: Receiver, key: bytes, now: datetime, dispatch: Dispatch
) -> str | None:
    identity = ""
    try:
        with begin(sessions, now, dispatch) as transaction:
            row = parking.oldest(transaction.session, key)
            if row is None:
                return None
            identity = row.identity
            record = Record("parked", row.position, row.key, row.body, row.type)
            heard = [
                each
                for each in receiver.open_all([record])
                if inbox_rows.note_released(transaction.session, each, now)
            ]
            parking.release(transaction.session, identity, now)
            with blaming_the_handler():
                receiver.hand_out(heard, transaction)
                transaction.flush()
    except HOPELESS as error:
        with sessions.begin() as session:
            parking.still(session, identity, why(error), explain(error))
        return None
    return identity
