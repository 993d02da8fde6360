"""Free resources: the lowest of each pool, read and locked by one statement for a batch."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Integer, Text, TextClause, text
from sqlalchemy.orm import Session

from services.resources.domain.pool.kinds import ResourceTable
from services.resources.domain.pool.resource import Pool, Resource
from services.resources.store.resource_tables import ITEMS
from shared.persistence.bulk import to_arrays
from shared.persistence.statements import CompiledStatement

LOCKING_CLAUSE = "FOR UPDATE"
LOWEST = """
SELECT requested.place, resource.value, resource.element, resource.attributes
FROM unnest(CAST(:tenant AS text[]), CAST(:kind AS text[]), CAST(:pool AS text[]),
            CAST(:grade AS text[]), CAST(:amount AS int[]), CAST(:in_numbers AS bool[]))
     WITH ORDINALITY AS requested (tenant, kind, pool, grade, amount, in_numbers, place)
CROSS JOIN LATERAL (
    SELECT * FROM (
        SELECT e164 AS value, '' AS element, '[]'::bytea AS attributes
        FROM numbers
        WHERE requested.in_numbers AND tenant = requested.tenant
          AND exchange_id = requested.pool AND grade = requested.grade AND idle
        ORDER BY e164 LIMIT requested.amount FOR UPDATE
    ) AS number
    UNION ALL
    SELECT * FROM (
        SELECT value, element, attributes
        FROM pool_items
        WHERE NOT requested.in_numbers AND tenant = requested.tenant
          AND kind = requested.kind AND pool = requested.pool AND free
        ORDER BY value LIMIT requested.amount FOR UPDATE
    ) AS item
) AS resource
"""
"""The pools are read, and locked, in their order."""


def lowest_statement(locking: str) -> CompiledStatement:
    """Return the statement that selects the lowest resources, with this locking clause."""
    statement: TextClause = text(LOWEST.replace(LOCKING_CLAUSE, locking))
    columns = {"place": Integer, "value": Text, "element": Text}
    return CompiledStatement(statement.columns(**columns, attributes=ITEMS.c.attributes.type))


SKIPPING_LOCKED = lowest_statement("FOR UPDATE SKIP LOCKED")
WAITING_FOR_LOCKS = lowest_statement("FOR UPDATE")
WITHOUT_LOCKING = lowest_statement("")


def lock_lowest(
    session: Session, requested: Mapping[Pool, int], *, wait: bool
) -> dict[Pool, list[Resource]]:
    """Lock the lowest free resources of each pool, up to the requested number.

    Locked rows are skipped; with `wait`, they are waited for.
    """
    return read_lowest(session, WAITING_FOR_LOCKS if wait else SKIPPING_LOCKED, requested)


def count_free_up_to(session: Session, requested: Mapping[Pool, int]) -> dict[Pool, int]:
    """Return how many resources of each pool are free, locked or not; at most those requested."""
    return {
        pool: len(found) for pool, found in read_lowest(session, WITHOUT_LOCKING, requested).items()
    }


def read_lowest(
    session: Session, statement: CompiledStatement, requested: Mapping[Pool, int]
) -> dict[Pool, list[Resource]]:
    """Return the resources that a statement selects, the lowest first."""
    found: dict[Pool, list[Resource]] = {}
    pools = sorted(requested)
    rows = statement.rows(session, pool_arrays(requested)) if pools else ()
    for place, *columns in rows:
        pool = pools[place - 1]
        found.setdefault(pool, []).append(Resource(pool, *columns))
    return found


def pool_arrays(requested: Mapping[Pool, int]) -> dict[str, list[Any]]:
    """Return the parameters of a statement on these pools."""
    names = ("tenant", "kind", "pool", "grade", "amount", "in_numbers")
    rows = [
        (*pool, requested[pool], pool.table is ResourceTable.NUMBERS) for pool in sorted(requested)
    ]
    return to_arrays(names, rows)
