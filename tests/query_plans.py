"""Checks how much PostgreSQL reads for a query, on a large database."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeAlias

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.orm import Session

from deploy.local.postgres import Postgres
from shared.access.access_rule import DataScope, tenant_wide_scope
from shared.persistence.database import DISABLE_TIMEOUTS, Sessions, make_sessions
from shared.persistence.migrate import migrate
from tests.kernel import TENANT

QueryPlan = dict[str, Any]
RunQuery: TypeAlias = Callable[[Session], object]

MILLION = 1_000_000
ROWS = int(os.environ.get("KAITONG_TEST_PLAN_ROWS", "20000"))
"""Rows of each large table. The planner's statistics always say a million, so that it chooses the
plans of a million rows; what these read here shows whether it grows with the rows."""

MAX_ROWS_READ = 1_000
"""Rows read for a page of 20, filtered ones included."""

MAX_PAGES_READ = 500 if ROWS < MILLION else 1_000
"""Pages of 8 kB read for it, of tables and indexes. A scan of a whole index filters no row, but
reads more pages: thousands for a million rows. Each search in an index of a million rows reads one
page more, because the index has one level more."""

CLIENT = f"""CASE WHEN n % {ROWS // 50} = 1 THEN 'crm-few' WHEN n % 3 = 0 THEN 'crm-some'
    ELSE 'crm-most' END"""
"""The client of the n-th row: 50 rows of the first, a third and two thirds of the others."""

GRANTS = f"""
    INSERT INTO access_grants (tenant, grantee, owner, customer_id, level, changed_at)
    VALUES ('{TENANT}', 'crm-heir', 'crm-most', '', 'see', now()),
        ('{TENANT}', 'crm-few', 'crm-most', 'C-7', 'see', now()),
        ('{TENANT}', 'crm-few', 'crm-some', 'C-9', 'change', now()),
        ('{TENANT}', 'crm-few', 'crm-some', 'C-10', 'see', now()),
        ('{TENANT}', 'crm-shop', 'crm-few', '', 'see', now()),
        ('{TENANT}', 'crm-shop', 'crm-most', 'C-8', 'change', now())"""  # noqa: S608

DATA_SCOPES = {
    "all": tenant_wide_scope(TENANT),
    "most": DataScope(TENANT, "crm-most"),
    "few": DataScope(TENANT, "crm-few", has_grants=False),
    "few and granted": DataScope(TENANT, "crm-few"),
    "granted few": DataScope(TENANT, "crm-shop"),
    "granted most": DataScope(TENANT, "crm-heir"),
}
"""Callers: one that sees all, clients with most or few rows, and clients with grants."""

every_data_scope = pytest.mark.parametrize("data_scope", DATA_SCOPES.values(), ids=DATA_SCOPES)

SERIES = f"FROM generate_series(1, {ROWS}) AS n"

INDEXES = """
    SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexname LIKE 'ix%'
    AND tablename NOT IN (SELECT relname FROM pg_class WHERE relkind = 'p' OR relispartition)"""
"""Indexes that are dropped before filling and created again afterwards, which is faster."""

TABLES = """
    SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"""

SCALE = f"""
    UPDATE pg_class SET reltuples = reltuples * {MILLION / ROWS}
    WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::regnamespace
    AND reltuples > {ROWS / 100}"""  # noqa: S608


@contextmanager
def large_database(postgres: Postgres, service: str, fill: Sequence[str]) -> Iterator[Sessions]:
    """Yield a database of a service that is filled by these statements, and drop it after."""
    name = f"large_{service}"
    admin = create_engine(f"{postgres.url}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    migrate(service, f"{postgres.url}/{name}")
    sessions = make_sessions(f"{postgres.url}/{name}")
    with sessions.begin() as session:
        fill_up(session, fill)
    yield sessions
    sessions.kw["bind"].dispose()
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def fill_up(session: Session, fill: Sequence[str]) -> None:
    """Fill the tables, and scale the statistics to a million rows; autovacuum is off."""
    session.execute(DISABLE_TIMEOUTS)
    for table in session.scalars(text(TABLES)).all():
        session.execute(text(f"ALTER TABLE {table} SET (autovacuum_enabled = false)"))
    session.execute(text("SET LOCAL session_replication_role = replica"))  # no triggers
    indexes = session.execute(text(INDEXES)).all()
    for name, _ in indexes:
        session.execute(text(f"DROP INDEX {name}"))
    for statement in (GRANTS, *fill):
        session.execute(text(statement))
    for _, definition in indexes:
        session.execute(text(definition))
    session.execute(text(f"SET LOCAL default_statistics_target = {1 + ROWS // 300}"))  # all rows
    session.execute(text("ANALYZE"))
    session.execute(text(SCALE))


@contextmanager
def explain_queries(connection: Connection | Engine) -> Iterator[list[QueryPlan]]:
    """Run the queries of the block with EXPLAIN ANALYZE, and collect their plans."""
    found = list[QueryPlan]()

    def explain(_: Any, cursor: Any, statement: str, parameters: Any, *__: Any) -> None:
        if statement.startswith(("SELECT", "WITH")):
            how = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON)"
            cursor.execute(f"{how} {statement}", parameters)
            (rows,) = cursor.fetchone()
            plans = json.loads(rows) if isinstance(rows, str) else rows
            found.append(plans[0]["Plan"])

    event.listen(connection, "before_cursor_execute", explain)
    yield found
    event.remove(connection, "before_cursor_execute", explain)


def expensive_plans(sessions: Sessions, query: RunQuery, *, surplus: int = 0) -> list[str]:
    """Return the plans of a query that read too many rows or pages, `surplus` above the limits."""
    with (
        sessions() as session,
        explain_queries(session.connection()) as plans,
        suppress(ValueError),
    ):
        query(session)  # ValueError: packed columns of the rows cannot be decoded
    assert plans
    return [
        f"{rows_read(plan)} rows, {pages_read(plan)} pages:\n{format_plan(plan)}"
        for plan in plans
        if is_expensive(plan, surplus)
    ]


def is_expensive(plan: QueryPlan, surplus: int = 0) -> bool:
    """Tell whether a plan has read too many rows or pages, `surplus` above the limits."""
    return rows_read(plan) > MAX_ROWS_READ + surplus or pages_read(plan) > MAX_PAGES_READ + surplus


def check_each(sessions: Sessions, queries: Mapping[str, RunQuery], *, surplus: int = 0) -> None:
    """Check that none of these queries, by name, reads much."""
    answers = {
        name: expensive_plans(sessions, query, surplus=surplus) for name, query in queries.items()
    }
    found = {name: plans for name, plans in answers.items() if plans}
    lines = (f"{name}\n{plan}" for name, plans in found.items() for plan in plans)
    assert not found, "\n\n".join(lines)


def rows_read(plan: QueryPlan) -> int:
    """Return how many rows the scans of a plan have read, filtered ones included.

    Rows of a bitmap index scan are counted where they are read.
    """
    own = 0
    if "Scan" in plan["Node Type"] and plan["Node Type"] != "Bitmap Index Scan":
        filtered = plan.get("Rows Removed by Filter", 0)
        filtered += plan.get("Rows Removed by Index Recheck", 0)
        own = int((plan["Actual Rows"] + filtered) * plan["Actual Loops"])
    return own + sum(rows_read(each) for each in plan.get("Plans", ()))


def rows_filtered_out(plan: QueryPlan) -> int:
    """Return how many rows a plan has read and filtered out."""
    own = int(plan.get("Rows Removed by Filter", 0) * plan["Actual Loops"])
    return own + sum(rows_filtered_out(each) for each in plan.get("Plans", ()))


def pages_read(plan: QueryPlan) -> int:
    """Return how many pages a plan has read, from memory or not."""
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def format_plan(plan: QueryPlan, depth: int = 0) -> str:
    """Return a plan as readable lines."""
    names = ("Node Type", "Relation Name", "Index Name", "Actual Rows", "Actual Loops")
    details = ("Rows Removed by Filter", "Index Cond", "Filter")
    own = " ".join(str(plan[name]) for name in (*names, *details) if name in plan)
    children = (format_plan(each, depth + 1) for each in plan.get("Plans", ()))
    return "\n".join([f"{'  ' * depth}{own} pages={pages_read(plan)}", *children])
