"""Releasing what is parked: a key's messages are tried again, oldest first."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from shared import inbox_rows, parking
from shared.db import Sessions
from shared.dispatch import Dispatch
from shared.inbox import Receiver
from shared.inbox_rows import Record
from shared.parking import ParkedRow
from shared.trouble import HOPELESS, blaming_the_data, blaming_the_handler, explain, why
from shared.work import begin, stubbornly


def release(
    sessions: Sessions, receiver: Receiver, key: bytes, now: datetime, dispatch: Dispatch
) -> int:
    """Handle all that is parked under a key, until one is hopeless still.

    Returns:
        How many were handled. What cannot be stays parked, with its new reason.
    """
    handled = 0
    handle = partial(_handle, sessions, receiver, now, dispatch)
    while row := _oldest(sessions, key):
        try:
            stubbornly(handle, [row])
        except HOPELESS as error:
            with sessions.begin() as session:
                parking.still(session, row.identity, why(error), explain(error))
            break
        handled += 1
    return handled


def _oldest(sessions: Sessions, key: bytes) -> ParkedRow | None:
    with sessions() as session:
        return parking.oldest(session, key)


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
        parked = [row for row in rows if parking.lock(session, row.position)]
        records = [Record("parked", row.position, row.key, row.body) for row in parked]
        heard = [
            each
            for each in receiver.open_all(records)
            if inbox_rows.note_released(session, each, now)
        ]
        for row in parked:
            parking.release(session, row.identity, now)
        with blaming_the_handler():
            receiver.hand_out(heard, transaction)
            transaction.flush()
