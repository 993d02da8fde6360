"""How many rows PostgreSQL reads for a question, and a large database to ask it of."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import create_engine, event, text
from sqlalchemy.orm import Session

from deploy.local.postgres import Postgres
from shared.db import Sessions, make_sessions
from shared.migrate import migrate

Plan = dict[str, Any]

INDEXES = """
    SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexname LIKE 'ix%'
    AND tablename NOT IN (SELECT relname FROM pg_class WHERE relkind = 'p' OR relispartition)"""
"""Those that can be made again once the rows are there, which is quicker."""


@contextmanager
def large(postgres: Postgres, service: str, fill: Sequence[str]) -> Iterator[Sessions]:
    """Yield a database of a service that is filled by these statements, and drop it after."""
    name = f"large_{service}"
    admin = create_engine(f"{postgres.url}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    migrate(service, f"{postgres.url}/{name}")
    sessions = make_sessions(f"{postgres.url}/{name}")
    with sessions.begin() as session:
        indexes = session.execute(text(INDEXES)).all()
        for name_, _ in indexes:
            session.execute(text(f"DROP INDEX {name_}"))
        for statement in fill:
            session.execute(text(statement))
        for _, definition in indexes:
            session.execute(text(definition))
        session.execute(text("ANALYZE"))
    yield sessions
    sessions.kw["bind"].dispose()
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@contextmanager
def explained(session: Session) -> Iterator[list[Plan]]:
    """Carry out what is asked meanwhile, and collect how it was done."""
    connection, found = session.connection(), list[Plan]()

    def explain(_: Any, cursor: Any, statement: str, parameters: Any, *__: Any) -> None:
        if statement.startswith(("SELECT", "WITH")):
            cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", parameters)
            (rows,) = cursor.fetchone()
            plans = json.loads(rows) if isinstance(rows, str) else rows
            found.append(plans[0]["Plan"])

    event.listen(connection, "before_cursor_execute", explain)
    yield found
    event.remove(connection, "before_cursor_execute", explain)


def rows_read(plan: Plan) -> int:
    """Return how many rows the scans of a plan have read, those that a filter left out too."""
    own = 0
    if "Scan" in plan["Node Type"]:
        left_out = plan.get("Rows Removed by Filter", 0)
        left_out += plan.get("Rows Removed by Index Recheck", 0)
        own = int((plan["Actual Rows"] + left_out) * plan["Actual Loops"])
    return own + sum(rows_read(each) for each in plan.get("Plans", ()))
