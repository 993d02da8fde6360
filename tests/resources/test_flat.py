"""What a pool holds does not change what taking from it costs, nor what looking costs."""

from typing import Any

import pytest
from sqlalchemy import Select, text
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import TextualSelect

from services.resources import store
from services.resources.domain.allocation.requirements import AssignmentRequest
from services.resources.domain.number.numbering_plan import read_pattern
from services.resources.domain.number.search import NumberSearch
from services.resources.domain.pool.resource import Pool, ResourceKind
from services.resources.store import free_items, number_search
from shared.contracts import Need, ResourcesAssigned
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.kernel import TENANT
from tests.resources.builders import a_segment, an_assignment_request, e164, import_plant

SMALL, LARGE = 1_000, 20_000
EAGER: Any = free_items.SKIPPING_LOCKED.statement
ASKED = 50


def pages(session: Session, statement: Select[Any] | TextualSelect, bound: dict[str, Any]) -> int:
    """Return how many pages a statement touches."""
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
    """Return a database with that many numbers and pairs, known to the planner."""
    import_plant(sessions, segments=[a_segment(first="+862581000000", count=size)], pairs=size)
    with sessions.kw["bind"].connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
    return sessions


@pytest.mark.parametrize("kind", [ResourceKind.NUMBER, ResourceKind.PAIR])
def test_taking_from_a_pool_twenty_times_as_large_touches_as_many_pages(
    sessions: Sessions, kind: ResourceKind
) -> None:
    pool = Pool(TENANT, kind, "X")
    bound = free_items.pool_arrays({pool: ASKED})
    touched = []
    for size in (SMALL, LARGE):
        filled(sessions, size)
        with sessions() as session:
            touched.append(pages(session, EAGER, bound))
            session.execute(text("TRUNCATE numbers, pool_items, segments, splitters, pools"))
            session.commit()

    assert touched[1] <= 1.2 * touched[0]
    assert touched[1] < 6 * ASKED


def test_taking_from_a_pool_that_is_nearly_used_up_touches_as_many_pages(
    sessions: Sessions,
) -> None:
    filled(sessions, 2_000)
    pool = Pool(TENANT, ResourceKind.PAIR, "X")
    bound = free_items.pool_arrays({pool: ASKED})
    with sessions() as session:
        fresh = pages(session, EAGER, bound)

    for start in range(0, 1_900, 100):
        with sessions.begin() as session:
            wanted = [
                an_assignment_request(n, Need(kind="pair")) for n in range(start, start + 100)
            ]
            shares = store.assign(
                session, [AssignmentRequest(TENANT, each) for each in wanted], NOON
            )
            assert all(isinstance(each.answer, ResourcesAssigned) for each in shares)
    with sessions() as session:
        worn = pages(session, EAGER, bound)

    assert worn <= 2 * fresh


SEARCHES: tuple[dict[str, Any], ...] = (
    {"pattern": read_pattern("*0815")},
    {"pattern": read_pattern("+86258100081*")},
    {"grade": "AAAA"},
    {"grade": "AAAA", "local_network": "025"},
    {"exchange_id": "X"},
    {},
)


def test_looking_for_numbers_does_not_read_them_all(sessions: Sessions) -> None:
    filled(sessions, LARGE)

    with sessions() as session:
        for asked in SEARCHES:
            wanted = NumberSearch(tenant=TENANT, **asked)
            by = (
                number_search.select_by_ending
                if wanted.pattern.tail
                else number_search.select_by_exchange
            )
            assert store.search_numbers(session, wanted), asked
            assert pages(session, by(wanted), {}) < 120, asked


def test_looking_into_one_exchange_for_what_numbers_contain_reads_no_other(
    sessions: Sessions,
) -> None:
    import_plant(sessions)

    with sessions() as session:
        found = store.search_numbers(
            session, NumberSearch(tenant=TENANT, pattern=read_pattern("*0102*"), exchange_id="X")
        )

    assert [each.e164 for each in found] == [e164(place) for place in range(10)]
