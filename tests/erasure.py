"""What tests of an erasure need: reminders rung, and databases searched for a person."""

from collections.abc import Iterator
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection, text

from shared import timers
from shared.db import Sessions
from shared.dispatch import Dispatch
from shared.inbox import Receiver, Subscriptions
from shared.inbox_rows import Record

WRITTEN = text(
    "SELECT table_name, column_name, data_type FROM information_schema.columns"
    " JOIN pg_class ON relname = table_name AND relnamespace = 'public'::regnamespace"
    " WHERE table_schema = 'public' AND NOT relispartition"
    " AND data_type IN ('text', 'character varying', 'bytea')"
)


def ring(sessions: Sessions, subscriptions: Subscriptions, now: datetime) -> int:
    """Ring what is due until nothing is; return how often."""
    rung = 0
    while due := _due(sessions, now):
        rung += len(due)
        records = [Record("timers", 0, each.key.bytes, each.body, each.type) for each in due]
        Receiver(sessions, subscriptions).receive(records, now, Dispatch(uuid4()))
    return rung


def _due(sessions: Sessions, now: datetime) -> list[timers.Due]:
    with sessions.begin() as session:
        found = timers.due(session, now, 10)
        timers.strike(session, [each.id for each in found])
        return found


def where_told(connection: Connection, *values: str) -> set[str]:
    """Return the columns of a database, in all its tables, in which one of these values stands."""
    return {place for value in values for place in _places(connection, value)}


def _places(connection: Connection, value: str) -> Iterator[str]:
    for table, column, kind in connection.execute(WRITTEN).all():
        sought = "convert_to(:value, 'UTF8')" if kind == "bytea" else ":value"
        found = f'SELECT EXISTS (SELECT FROM {table} WHERE position({sought} IN "{column}") > 0)'  # noqa: S608  names of the database's own
        if connection.scalar(text(found), {"value": value}):
            yield f"{table}.{column}"
