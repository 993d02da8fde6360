"""Import of segments: one statement creates all their numbers, each with its grade."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from services.resources.domain.number.grade import GradeByEnding, grade_by_ending, read_rules
from services.resources.domain.plant.plant import Segment, with_kind
from services.resources.domain.plant.segment_changes import RangeStateChange
from services.resources.domain.pool.states import NumberState
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
"""There are no conflicts: overlapping segments are refused, and one import runs at a time."""

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


class NumberStateChange(NamedTuple):
    """A number whose state an import has changed to idle, planned or blocked."""

    e164: str
    was: NumberState
    became: NumberState


def possibly_conflicting_segments(
    session: Session, tenant: str, rows: Sequence[Segment]
) -> list[Segment]:
    """Return the segments with which these may conflict: by id, or by their numbers."""
    ids = session.scalars(OVERLAPPING, {"tenant": tenant, **segment_bounds(rows)}).all()
    result = session.execute(SEGMENTS_BY_ID, {"tenant": tenant, "ids": sorted(set(ids))})
    return [as_struct(Segment, row) for row in result]


def segment_bounds(rows: Sequence[Segment]) -> dict[str, list[str]]:
    """Return the ids and the bounds of segments, as parameters."""
    return {
        "ids": [each.id for each in rows],
        "firsts": [each.first for each in rows],
        "lasts": [each.last for each in rows],
    }


def upsert_segments(
    session: Session, tenant: str, rows: Sequence[Segment], known: Sequence[Segment]
) -> int:
    """Store segments, new or changed; create the numbers of new ones, and return how many."""
    values = [(tenant, *msgspec.structs.astuple(each), each.last) for each in map(with_kind, rows)]
    upsert_rows(session, SegmentRow, ("tenant", *COLUMN_NAMES), values, key_length=2)
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


def change_number_states(
    session: Session, tenant: str, changes: Sequence[RangeStateChange]
) -> list[NumberStateChange]:
    """Change the states of all numbers in these ranges; return the numbers that changed."""
    if not changes:
        return []
    bound = {
        "tenant": tenant,
        "firsts": [each.first for each in changes],
        "lasts": [each.last for each in changes],
        "was": [each.was.value for each in changes],
        "became": [each.became.value for each in changes],
    }
    result = session.execute(CHANGE_STATES, bound)
    return [
        NumberStateChange(e164, NumberState(was), NumberState(became))
        for e164, was, became in result
    ]


@cache
def shipped_grades() -> GradeByEnding:
    """Return the grade of every ending of a number that has one, by the shipped rules."""
    return grade_by_ending(read_rules(GRADES_FILE.read_bytes()))


def known_grades() -> list[str]:
    """Return the vanity grades, the most valuable first."""
    return list(dict.fromkeys(rule.grade for rule in read_rules(GRADES_FILE.read_bytes())))


def grade_parameters() -> dict[str, object]:
    """Return the vanity grades as parameters of the statement that creates numbers."""
    grades = shipped_grades()
    digits = len(next(iter(grades), ""))
    return {
        "tails": [int(tail) for tail in grades],
        "grades": list(grades.values()),
        "modulus": 10**digits,
    }
