"""Redelivery: the dead letters of a key are handled again, oldest first.

Order holds within one topic and key. A message that came too early blocks only later messages of
its own topic: one of another topic may be what it waits for. Any other failure blocks all later
messages of the key.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from shared.kafka.record_types import ConsumedRecord
from shared.messaging import dead_letters, inbox
from shared.messaging.commit_context import CommitContext
from shared.messaging.dead_letters import DeadLetterReason, DeadLetterRow
from shared.messaging.dispatcher import Dispatcher
from shared.messaging.failures import (
    PERMANENT,
    classify_data_errors,
    classify_handler_errors,
    explain,
    reason_for,
    tenant_of,
)
from shared.messaging.unit_of_work import begin_transaction, retry_on_conflict
from shared.persistence.database import Sessions


def redeliver(
    sessions: Sessions,
    dispatcher: Dispatcher,
    key: bytes,
    now: datetime,
    commit_context: CommitContext,
) -> int:
    """Handle the dead letters of a key, as far as order allows.

    Returns:
        How many were handled. The others stay parked, with their new reasons.
    """
    handled, after = 0, 0
    early_topics: set[str] = set()
    while row := _next_of_key(sessions, key, after):
        after = row.position
        if topic_of(row) in early_topics:
            continue
        failure = _redeliver_one(sessions, dispatcher, row, now, commit_context)
        if failure is DeadLetterReason.EARLY:
            early_topics.add(topic_of(row))
        elif failure:
            break
        else:
            handled += 1
            if early_topics:  # an early message may have waited for this one
                early_topics, after = set(), 0
    return handled


def topic_of(row: DeadLetterRow) -> str:
    """Return the topic of a dead letter, or its source if it has none: order holds within it."""
    return row.source.rpartition("/")[0] or row.source


def as_record(row: DeadLetterRow) -> ConsumedRecord:
    """Return a dead letter as a consumed record."""
    return ConsumedRecord("parked", row.position, row.key, row.body)


def _next_of_key(sessions: Sessions, key: bytes, after: int) -> DeadLetterRow | None:
    with sessions.begin() as session:
        return dead_letters.next_of_key(session, key, after)


def _redeliver_one(
    sessions: Sessions,
    dispatcher: Dispatcher,
    row: DeadLetterRow,
    now: datetime,
    commit_context: CommitContext,
) -> DeadLetterReason | None:
    """Handle one dead letter; if it fails again, save and return the reason."""
    try:
        retry_on_conflict(partial(_handle, sessions, dispatcher, now, commit_context), [row])
    except PERMANENT as error:
        tenant = tenant_of(as_record(row))
        with sessions.begin() as session:
            dead_letters.update_failure(
                session, row.identity, reason_for(error), explain(error), tenant
            )
        return reason_for(error)
    return None


def _handle(
    sessions: Sessions,
    dispatcher: Dispatcher,
    now: datetime,
    commit_context: CommitContext,
    rows: Sequence[DeadLetterRow],
) -> None:
    """Handle dead letters, except those that another process has handled meanwhile."""
    with classify_data_errors(), begin_transaction(sessions, now, commit_context) as transaction:
        session = transaction.session
        parked = [row for row in rows if dead_letters.lock_if_open(session, row.position)]
        records = [as_record(row) for row in parked]
        opened = [
            each
            for each in dispatcher.open_all(records)
            if inbox.claim_unhandled_dead_letter(session, each, now)
        ]
        for row in parked:
            dead_letters.mark_redelivered(session, row.identity, now)
        with classify_handler_errors():
            dispatcher.call_handlers(opened, transaction)
            transaction.flush()
