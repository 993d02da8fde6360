"""What is free, read and locked: the lowest of each pool, with one statement for a batch."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Integer, Text, TextClause, text
from sqlalchemy.orm import Session

from services.resources.domain.things import Pool, Thing
from services.resources.store.rows import ITEMS, bind
from shared.persistence.statements import Prepared

LOCK = "FOR UPDATE"
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


def reading(locking: str) -> Prepared:
    """Return the statement that finds the lowest things, locking them in that way."""
    statement: TextClause = text(LOWEST.replace(LOCK, locking))
    columns = {"place": Integer, "value": Text, "element": Text}
    return Prepared(statement.columns(**columns, attributes=ITEMS.c.attributes.type))


EAGER = reading("FOR UPDATE SKIP LOCKED")
PATIENT = reading("FOR UPDATE")
SEEN = reading("")


def take(session: Session, wanted: Mapping[Pool, int], *, patient: bool) -> dict[Pool, list[Thing]]:
    """Lock the lowest free things of each pool, as many as are wanted or there are.

    What others have locked is passed over, or waited for by who is patient.
    """
    return lowest(session, PATIENT if patient else EAGER, wanted)


def seen(session: Session, wanted: Mapping[Pool, int]) -> dict[Pool, int]:
    """Return how many things of each pool can be seen free, locked or not, up to what is wanted."""
    return {pool: len(things) for pool, things in lowest(session, SEEN, wanted).items()}


def lowest(
    session: Session, statement: Prepared, wanted: Mapping[Pool, int]
) -> dict[Pool, list[Thing]]:
    """Return the things that a statement finds, the lowest first."""
    found: dict[Pool, list[Thing]] = {}
    pools = sorted(wanted)
    rows = statement.rows(session, bound(wanted)) if pools else ()
    for place, *shown in rows:
        pool = pools[place - 1]
        found.setdefault(pool, []).append(Thing(pool, *shown))
    return found


def bound(wanted: Mapping[Pool, int]) -> dict[str, list[Any]]:
    """Return what a statement on these pools is bound to."""
    names = ("tenant", "kind", "pool", "grade", "wanted")
    return bind(names, ((*pool, wanted[pool]) for pool in sorted(wanted)))
