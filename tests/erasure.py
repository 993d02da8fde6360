"""Helpers of the erasure tests: firing timers, and searching databases for a person's data."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection, text

from shared.kafka.record_types import ConsumedRecord
from shared.messaging.commit_context import CommitContext
from shared.messaging.dispatcher import Dispatcher, Subscriptions
from shared.persistence.database import Sessions
from shared.scheduling import timer_store

TEXT_COLUMNS = text(
    "SELECT table_name, column_name, data_type FROM information_schema.columns"
    " JOIN pg_class ON relname = table_name AND relnamespace = 'public'::regnamespace"
    " WHERE table_schema = 'public' AND NOT relispartition"
    " AND data_type IN ('text', 'character varying', 'bytea')"
)


def fire_timers(sessions: Sessions, subscriptions: Subscriptions, now: datetime) -> int:
    """Fire due timers until none is left; return their number."""
    fired = 0
    while due := _due(sessions, now):
        fired += len(due)
        records = [
            ConsumedRecord("timers", 0, each.key.bytes, each.body, each.type) for each in due
        ]
        Dispatcher(sessions, subscriptions).handle_batch(records, now, CommitContext(uuid4()))
    return fired


def _due(sessions: Sessions, now: datetime) -> list[timer_store.DueTimer]:
    with sessions.begin() as session:
        found = timer_store.due_timers(session, now, 10)
        timer_store.delete_timers(session, [each.id for each in found])
        return found


def columns_with(connection: Connection, *values: str) -> set[str]:
    """Return the columns of a database, in all its tables, that contain one of these values."""
    text_columns: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for table, column, kind in connection.execute(TEXT_COLUMNS).all():
        text_columns[table].append((column, kind))
    return {
        f"{table}.{column}"
        for table, columns in text_columns.items()
        for (column, _), has_value in zip(
            columns, _columns_with(connection, table, columns, values), strict=True
        )
        if has_value
    }


def _columns_with(
    connection: Connection, table: str, columns: Sequence[tuple[str, str]], values: Sequence[str]
) -> Sequence[bool | None]:
    """Return whether each column of a table has one of these values, in one query."""
    parameters = {f"value_{number}": value for number, value in enumerate(values)}
    conditions = [
        " OR ".join(
            f"position(convert_to(:{name}, 'UTF8') IN \"{column}\") > 0"
            if kind == "bytea"
            else f'position(:{name} IN "{column}") > 0'
            for name in parameters
        )
        for column, kind in columns
    ]
    selected = ", ".join(f"bool_or({each})" for each in conditions)
    return connection.execute(text(f"SELECT {selected} FROM {table}"), parameters).one()  # noqa: S608  names of the database's own
