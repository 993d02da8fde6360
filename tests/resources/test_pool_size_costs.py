"""The size of a pool changes neither the cost of allocation nor that of a search."""

from typing import Any

import pytest
from sqlalchemy import Select, text
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import TextualSelect

from services.resources import store
from services.resources.commands.assignment import assign
from services.resources.domain.allocation.assignment_request import AssignmentRequest
from services.resources.domain.number.numbering_plan import read_pattern
from services.resources.domain.number.search import NumberSearch
from services.resources.domain.pool.resource import Pool
from services.resources.store import free_resources, number_search
from shared.contracts import Need, ResourcesAssigned
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.kernel import TENANT
from tests.resources.builders import a_segment, an_assignment_request, e164, import_plant

SMALL, LARGE = 1_000, 20_000
SELECT_FREE: Any = free_resources.SKIPPING_LOCKED.statement
COUNT = 50


def pages(session: Session, statement: Select[Any] | TextualSelect, bound: dict[str, Any]) -> int:
    """Return how many pages a statement reads."""
    compiled = statement.compile(session.connection())
    bind = {**compiled.params, **bound}
    explained = session.connection().exec_driver_sql(
        f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {compiled}", bind
    )
    plan = explained.scalar_one()[0]["Plan"]
    hit, read = plan["Shared Hit Blocks"], plan["Shared Read Blocks"]
    assert isinstance(hit, int)
    return hit + int(read)


def filled(sessions: Sessions, size: int) -> Sessions:
    """Return a database with that many numbers and pairs, with statistics."""
    import_plant(sessions, segments=[a_segment(first="+862581000000", count=size)], pairs=size)
    with sessions.kw["bind"].connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
    return sessions


@pytest.mark.parametrize("kind", ["number", "pair"])
def test_allocation_from_a_pool_twenty_times_as_large_reads_as_many_pages(
    sessions: Sessions, kind: str
) -> None:
    pool = Pool(TENANT, kind, "X")
    bound = free_resources.pool_arrays({pool: COUNT})
    pages_read = []
    for size in (SMALL, LARGE):
        filled(sessions, size)
        with sessions() as session:
            pages_read.append(pages(session, SELECT_FREE, bound))
            session.execute(text("TRUNCATE numbers, pool_items, segments, splitters, pools"))
            session.commit()

    assert pages_read[1] <= 1.2 * pages_read[0]
    assert pages_read[1] < 6 * COUNT


def test_allocation_from_a_pool_that_is_nearly_used_up_reads_as_many_pages(
    sessions: Sessions,
) -> None:
    filled(sessions, 2_000)
    pool = Pool(TENANT, "pair", "X")
    bound = free_resources.pool_arrays({pool: COUNT})
    with sessions() as session:
        when_full = pages(session, SELECT_FREE, bound)

    for start in range(0, 1_900, 100):
        with sessions.begin() as session:
            orders = [
                an_assignment_request(n, Need(kind="pair")) for n in range(start, start + 100)
            ]
            shares = assign(session, [AssignmentRequest(TENANT, each) for each in orders], NOON)
            assert all(isinstance(each.answer, ResourcesAssigned) for each in shares)
    with sessions() as session:
        when_nearly_empty = pages(session, SELECT_FREE, bound)

    assert when_nearly_empty <= 2 * when_full


SEARCHES: tuple[dict[str, Any], ...] = (
    {"pattern": read_pattern("*0815")},
    {"pattern": read_pattern("+86258100081*")},
    {"grade": "AAAA"},
    {"grade": "AAAA", "local_network": "025"},
    {"exchange_id": "X"},
    {},
)


def test_a_number_search_does_not_read_all_numbers(sessions: Sessions) -> None:
    filled(sessions, LARGE)

    with sessions() as session:
        for filters in SEARCHES:
            wanted = NumberSearch(tenant=TENANT, **filters)
            select = (
                number_search.select_by_ending
                if wanted.pattern.tail
                else number_search.select_by_exchange
            )
            assert store.search_numbers(session, wanted), filters
            assert pages(session, select(wanted), {}) < 120, filters


def test_a_search_by_contained_digits_reads_only_its_exchange(
    sessions: Sessions,
) -> None:
    import_plant(sessions)

    with sessions() as session:
        found = store.search_numbers(
            session, NumberSearch(tenant=TENANT, pattern=read_pattern("*0102*"), exchange_id="X")
        )

    assert [each.e164 for each in found] == [e164(place) for place in range(10)]
