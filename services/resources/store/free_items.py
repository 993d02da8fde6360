"""What is free, read and locked: the lowest of each pool, with one statement for a batch."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Integer, Text, TextClause, text
from sqlalchemy.orm import Session

from services.resources.domain.pool.resource import Pool, Resource
from services.resources.store.array_parameters import ITEMS, to_arrays
from shared.persistence.statements import CompiledStatement

LOCKING_CLAUSE = "FOR UPDATE"
LOWEST = """
SELECT want.place, thing.value, thing.element, thing.attributes
FROM unnest(CAST(:tenant AS text[]), CAST(:kind AS text[]), CAST(:pool AS text[]),
            CAST(:grade AS text[]), CAST(:wanted AS int[]))
     WITH ORDINALITY AS want (tenant, kind, pool, grade, wanted, place)
CROSS JOIN LATERAL (
    SELECT * FROM (
        SELECT e164 AS value, '' AS element, '[]'::bytea AS attributes
        FROM numbers
        WHERE want.kind = 'number' AND tenant = want.tenant AND exchange_id = want.pool
          AND grade = want.grade AND idle
        ORDER BY e164 LIMIT want.wanted FOR UPDATE
    ) AS number
    UNION ALL
    SELECT * FROM (
        SELECT value, element, attributes
        FROM pool_items
        WHERE tenant = want.tenant AND kind = want.kind AND pool = want.pool AND free
        ORDER BY value LIMIT want.wanted FOR UPDATE
    ) AS item
) AS thing
"""
"""The pools come in their order, and so do the locks."""


def lowest_statement(locking: str) -> CompiledStatement:
    """Return the statement that finds the lowest things, locking them in that way."""
    statement: TextClause = text(LOWEST.replace(LOCKING_CLAUSE, locking))
    columns = {"place": Integer, "value": Text, "element": Text}
    return CompiledStatement(statement.columns(**columns, attributes=ITEMS.c.attributes.type))


SKIPPING_LOCKED = lowest_statement("FOR UPDATE SKIP LOCKED")
WAITING_FOR_LOCKS = lowest_statement("FOR UPDATE")
WITHOUT_LOCKING = lowest_statement("")


def lock_lowest(
    session: Session, wanted: Mapping[Pool, int], *, patient: bool
) -> dict[Pool, list[Resource]]:
    """Lock the lowest free things of each pool, as many as are wanted or there are.

    What others have locked is passed over, or waited for by who is patient.
    """
    return read_lowest(session, WAITING_FOR_LOCKS if patient else SKIPPING_LOCKED, wanted)


def count_free(session: Session, wanted: Mapping[Pool, int]) -> dict[Pool, int]:
    """Return how many things of each pool can be seen free, locked or not, up to what is wanted."""
    return {
        pool: len(things) for pool, things in read_lowest(session, WITHOUT_LOCKING, wanted).items()
    }


def read_lowest(
    session: Session, statement: CompiledStatement, wanted: Mapping[Pool, int]
) -> dict[Pool, list[Resource]]:
    """Return the things that a statement finds, the lowest first."""
    found: dict[Pool, list[Resource]] = {}
    pools = sorted(wanted)
    rows = statement.rows(session, pool_arrays(wanted)) if pools else ()
    for place, *shown in rows:
        pool = pools[place - 1]
        found.setdefault(pool, []).append(Resource(pool, *shown))
    return found


def pool_arrays(wanted: Mapping[Pool, int]) -> dict[str, list[Any]]:
    """Return what a statement on these pools is bound to."""
    names = ("tenant", "kind", "pool", "grade", "wanted")
    return to_arrays(names, ((*pool, wanted[pool]) for pool in sorted(wanted)))
