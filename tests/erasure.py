"""What tests of an erasure need: reminders rung, and databases searched for a person."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection, text

from shared.kafka.records import ConsumedRecord
from shared.messaging.after_commit import AfterCommit
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
    """Ring what is due until nothing is; return how often."""
    rung = 0
    while due := _due(sessions, now):
        rung += len(due)
        records = [
            ConsumedRecord("timers", 0, each.key.bytes, each.body, each.type) for each in due
        ]
        Dispatcher(sessions, subscriptions).handle_batch(records, now, AfterCommit(uuid4()))
    return rung


def _due(sessions: Sessions, now: datetime) -> list[timer_store.DueTimer]:
    with sessions.begin() as session:
        found = timer_store.due_timers(session, now, 10)
        timer_store.delete_timers(session, [each.id for each in found])
        return found


def columns_with(connection: Connection, *values: str) -> set[str]:
    """Return the columns of a database, in all its tables, in which one of these values stands."""
    written: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for table, column, kind in connection.execute(TEXT_COLUMNS).all():
        written[table].append((column, kind))
    return {
        f"{table}.{column}"
        for table, columns in written.items()
        for (column, _), is_told in zip(
            columns, _columns_with(connection, table, columns, values), strict=True
        )
        if is_told
    }


def _columns_with(
    connection: Connection, table: str, columns: Sequence[tuple[str, str]], values: Sequence[str]
) -> Sequence[bool | None]:
    """Return whether each column of a table has one of these values, in one look at the table."""
    sought = {f"value_{number}": value for number, value in enumerate(values)}
    looks = [
        " OR ".join(
            f"position(convert_to(:{name}, 'UTF8') IN \"{column}\") > 0"
            if kind == "bytea"
            else f'position(:{name} IN "{column}") > 0'
            for name in sought
        )
        for column, kind in columns
    ]
    asked = ", ".join(f"bool_or({each})" for each in looks)
    return connection.execute(text(f"SELECT {asked} FROM {table}"), sought).one()  # noqa: S608  names of the database's own
