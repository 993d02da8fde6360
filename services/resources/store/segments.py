"""Importing segments: one statement makes all their numbers, each with its grade."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from services.resources.domain.number.grade import GradeByEnding, grade_by_ending, read_rules
from services.resources.domain.plant.plant import Segment, with_kind
from services.resources.domain.pool.states import (
    IMPORT_TRANSITIONS,
    NUMBER_TRANSITIONS,
    NumberState,
)
from services.resources.store.plant import IDS, TENANT, analyze_if_grown, as_struct
from services.resources.tables import SegmentRow
from shared.persistence.bulk import upsert_rows

GRADES_FILE = Path(__file__).parent.parent / "data" / "grades.json"

ADD_NUMBERS = text("""
WITH new AS (
    SELECT * FROM unnest(CAST(:exchanges AS text[]), CAST(:lows AS bigint[]),
                         CAST(:highs AS bigint[]), CAST(:states AS text[]))
                  AS s (exchange, low, high, state)
), grown AS (
    INSERT INTO pools (tenant, kind, name, exchange_id, capacity)
    SELECT :tenant, 'number', exchange, exchange, sum(high - low + 1) FROM new GROUP BY exchange
    ON CONFLICT (tenant, kind, name) DO UPDATE SET capacity = pools.capacity + excluded.capacity
)
INSERT INTO numbers (tenant, e164, exchange_id, grade, state)
SELECT :tenant, '+' || n, new.exchange, coalesce(vanity.grade, ''), new.state
FROM new CROSS JOIN LATERAL generate_series(new.low, new.high) AS n
LEFT JOIN unnest(CAST(:tails AS int[]), CAST(:grades AS text[])) AS vanity (tail, grade)
     ON vanity.tail = n % CAST(:modulus AS bigint)
""")
"""No conflict can come up: segments that overlap are refused, and one import runs at a time."""

CHANGE_STATES = text("""
UPDATE numbers SET state = moved.became
FROM unnest(CAST(:firsts AS text[]), CAST(:lasts AS text[]), CAST(:was AS text[]),
            CAST(:became AS text[])) AS moved (first, last, was, became)
WHERE numbers.tenant = :tenant AND numbers.e164 BETWEEN moved.first AND moved.last
  AND length(numbers.e164) = length(moved.first) AND numbers.state = moved.was
RETURNING numbers.e164, moved.was, moved.became
""")

COLUMN_NAMES = (*Segment.__struct_fields__, "last")
OVERLAPPING = text("""
SELECT known.id FROM segments AS known
JOIN unnest(CAST(:ids AS text[]), CAST(:firsts AS text[]), CAST(:lasts AS text[]))
     AS new (id, first, last)
  ON known.id = new.id
  OR (known.first <= new.last AND known.last >= new.first
      AND length(known.first) = length(new.first))
WHERE known.tenant = :tenant
""")
SEGMENTS_BY_ID = select(*(getattr(SegmentRow, name) for name in Segment.__struct_fields__)).where(
    SegmentRow.tenant == TENANT, SegmentRow.id == func.any(IDS)
)


class ReopenedNumber(NamedTuple):
    """A number that an import has opened, blocked or put off."""

    e164: str
    was: NumberState
    became: NumberState


def overlapping_segments(session: Session, tenant: str, rows: Sequence[Segment]) -> list[Segment]:
    """Return the known segments that these may meet: the same ones, or some of their numbers."""
    met = session.scalars(OVERLAPPING, {"tenant": tenant, **segment_bounds(rows)}).all()
    found = session.execute(SEGMENTS_BY_ID, {"tenant": tenant, "ids": sorted(set(met))})
    return [as_struct(Segment, row) for row in found]


def segment_bounds(rows: Sequence[Segment]) -> dict[str, list[str]]:
    """Return the names and the ends of segments."""
    return {
        "ids": [each.id for each in rows],
        "firsts": [each.first for each in rows],
        "lasts": [each.last for each in rows],
    }


def add_segments(
    session: Session, tenant: str, rows: Sequence[Segment], known: Sequence[Segment]
) -> int:
    """Write segments down and make the numbers of the new ones; return how many."""
    kept = [(tenant, *msgspec.structs.astuple(each), each.last) for each in map(with_kind, rows)]
    upsert_rows(session, SegmentRow, ("tenant", *COLUMN_NAMES), kept, keys=2)
    before = {each.id for each in known}
    new = [each for each in rows if each.id not in before]
    bound = {
        "tenant": tenant,
        "exchanges": [each.exchange_id for each in new],
        "lows": [each.low for each in new],
        "highs": [each.high for each in new],
        "states": [each.state.value for each in new],
        **grade_parameters(),
    }
    made = sum(each.count for each in new)
    if new:
        session.execute(ADD_NUMBERS, bound)
        analyze_if_grown(session, "numbers", made)
    return made


def change_unheld_numbers(
    session: Session, tenant: str, rows: Sequence[Segment], known: Sequence[Segment]
) -> list[ReopenedNumber]:
    """Put those numbers of known segments that nobody has into the state that is asked for."""
    before = {each.id: each.state for each in known}
    moves = [
        (each.first, each.last, was.value, became.value)
        for each in rows
        if before.get(each.id, each.state) is not each.state
        for was, became in NUMBER_TRANSITIONS[IMPORT_TRANSITIONS[each.state]].items()
    ]
    if not moves:
        return []
    names = ("firsts", "lasts", "was", "became")
    bound = dict(zip(names, map(list, zip(*moves, strict=True)), strict=True))
    found = session.execute(CHANGE_STATES, {"tenant": tenant, **bound})
    return [
        ReopenedNumber(e164, NumberState(was), NumberState(became)) for e164, was, became in found
    ]


@cache
def shipped_grades() -> GradeByEnding:
    """Return the grade of every ending of a number that has one, by the shipped rules."""
    return grade_by_ending(read_rules(GRADES_FILE.read_bytes()))


def known_grades() -> list[str]:
    """Return the vanity grades that there are, the most valuable first."""
    return list(dict.fromkeys(rule.grade for rule in read_rules(GRADES_FILE.read_bytes())))


def grade_parameters() -> dict[str, object]:
    """Return what the statement that makes numbers must know of vanity grades."""
    found = shipped_grades()
    digits = len(next(iter(found), ""))
    return {
        "tails": [int(tail) for tail in found],
        "grades": list(found.values()),
        "modulus": 10**digits,
    }
