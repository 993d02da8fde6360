"""A list of numbers, pool items or addresses reads little, however many there are."""

# ruff: noqa: S608  statements of our own names

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest

from deploy.local.postgres import Postgres
from services.resources.app import SERVICE
from services.resources.domain.number.numbering_plan import read_pattern
from services.resources.domain.number.search import NumberSearch
from services.resources.domain.pool.resource import Pool
from services.resources.domain.pool.states import PoolItemState
from services.resources.store import (
    find_addresses,
    find_pool_items,
    find_pool_levels,
    reservation_reviews,
    search_numbers,
)
from services.resources.store.holdings import get_holdings
from shared.persistence.database import Sessions
from shared.persistence.pagination import Window, encode_cursor
from tests.kernel import TENANT
from tests.list_query_plans import QueryValues, check_lists
from tests.query_plans import ROWS, SERIES, RunQuery, check_each, expensive_plans, large_database

ID = "lpad(to_hex(n), 32, '0')::uuid"
EXCHANGES = 200
E164 = "'+86258' || lpad(n::text, 7, '0')"
OF_EXCHANGE = ROWS // EXCHANGES
"""Each exchange has this many consecutive numbers."""

HOME = f"'X-' || lpad((n / {OF_EXCHANGE})::text, 3, '0')"
FILL = (
    f"""INSERT INTO exchanges (tenant, id, name, local_network, city, district)
    SELECT '{TENANT}', 'X-' || lpad(n::text, 3, '0'), '', '0' || n % 13, '', ''
    FROM generate_series(0, {EXCHANGES}) AS n""",
    f"""INSERT INTO segments (tenant, id, exchange_id, local_network, first, last, count, kind,
    quarantine_days, state) SELECT '{TENANT}', 's-' || n, 'X-' || lpad(n::text, 3, '0'), '',
    '+86258' || lpad((n * {OF_EXCHANGE})::text, 7, '0'),
    '+86258' || lpad(((n + 1) * {OF_EXCHANGE} - 1)::text, 7, '0'), {OF_EXCHANGE},
    'fixed', 90, 'idle' FROM generate_series(0, {EXCHANGES}) AS n""",
    f"""INSERT INTO numbers (tenant, e164, exchange_id, grade, state, order_id, service_id)
    SELECT '{TENANT}', {E164}, {HOME}, CASE WHEN n % 1000 = 888 THEN 'AAA' ELSE '' END,
    CASE WHEN n % 2 = 0 THEN 'idle' ELSE 'in_use' END, CASE WHEN n % 2 = 1 THEN {ID} END,
    CASE WHEN n % 2 = 1 THEN {ID} END {SERIES}""",
    f"""INSERT INTO pool_items (tenant, kind, pool, value, element, attributes, state, order_id,
    service_id) SELECT '{TENANT}', 'leg', 'S-' || n / 8, n::text, '', '[]',
    CASE WHEN n % 4 = 0 THEN 'free' ELSE 'in_use' END, CASE WHEN n % 4 > 0 THEN {ID} END,
    CASE WHEN n % 4 > 0 THEN {ID} END {SERIES}""",
    f"""INSERT INTO pools (tenant, kind, name, exchange_id, capacity)
    SELECT '{TENANT}', 'leg', 'S-' || n, 'X-' || lpad((n % {EXCHANGES})::text, 3, '0'), 8
    FROM generate_series(0, {ROWS // 8}) AS n""",
    f"""INSERT INTO addresses (tenant, id, text, exchange_id, local_network, grams, letters)
    SELECT '{TENANT}', 'a-' || lpad(n::text, 8, '0'), '', {HOME}, '025',
    ARRAY['南京', '路' || n / 100 % 1000, n % 1000 || '号'],
    '南京路' || n / 100 % 1000 || '弄' || n % 1000 || '号' {SERIES}""",
    f"""INSERT INTO questions (order_id, tenant, since)
    SELECT {ID}, '{TENANT}', timestamptz '2026-01-01' + n * interval '1 second' {SERIES}""",
)
EACH_EXCHANGE = 3 * EXCHANGES
"""Pages: a search for numbers may read each exchange."""

PAGE = Window(0, 21)
QUERY_VALUES = QueryValues(
    values={
        "pattern": ["*888", "+862580*", "+8625800777*"],
        "grade": ["AAA", "plain"],
        "exchange": ["X-077"],
        "local_network": ["07"],
        "text": ["南京", "路7"],
        "kind": ["leg"],
        "older_than": ["0", "3600"],
    },
    in_path={"kind": "leg", "name": "S-777"},
    besides={"/ops/v1/pool-kinds": "all kinds of a tenant are read: they are few"},
    surplus={"/ops/v1/numbers": EACH_EXCHANGE + OF_EXCHANGE},
)
NOW = datetime(2027, 1, 1, tzinfo=UTC)
FIRST = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def sessions(postgres: Postgres) -> Iterator[Sessions]:
    """A database of a large plant."""
    with large_database(postgres, "resources", FILL) as sessions:
        yield sessions


@pytest.mark.parametrize(
    ("pattern", "filters"),
    [
        ("", {}),
        ("", {"grade": "AAA"}),
        ("", {"grade": ""}),
        ("", {"exchange_id": "X-077"}),
        ("", {"exchange_id": "X-077", "grade": "AAA"}),
        ("", {"local_network": "07"}),
        ("", {"local_network": "07", "grade": "AAA"}),
        ("+862580*", {}),
        ("+8625800777*", {}),
        ("+8625800777*", {"grade": "AAA"}),
        ("*888", {}),
        ("*8", {}),
        ("*888", {"grade": "AAA"}),
        ("*88", {"exchange_id": "X-077"}),
        ("*88", {"local_network": "07"}),
        ("*66*", {"exchange_id": "X-077"}),
    ],
)
def test_a_search_for_numbers_reads_little(
    sessions: Sessions, pattern: str, filters: dict[str, str]
) -> None:
    search = NumberSearch(tenant=TENANT, pattern=read_pattern(pattern), **filters)  # type: ignore[arg-type]
    by_two = OF_EXCHANGE if pattern and filters else 0  # the numbers of one exchange are filtered

    assert (
        expensive_plans(
            sessions, partial(search_numbers, search=search), surplus=EACH_EXCHANGE + by_two
        )
        == []
    )


def test_a_list_of_the_plant_reads_little(sessions: Sessions) -> None:
    of_pool = partial(find_pool_items, pool=Pool(TENANT, "leg", "S-777"))
    behind = Window(0, 21, encode_cursor(["X-077", "leg", "S-77"]))
    pools = partial(find_pool_levels, tenant=TENANT)
    addresses = partial(find_addresses, tenant=TENANT)
    later = Window(0, 21, encode_cursor(["a-00005000"]))
    queries: dict[str, RunQuery] = {
        "things": partial(of_pool, state=None, window=PAGE),
        **{
            f"things {state}": partial(of_pool, state=state, window=PAGE) for state in PoolItemState
        },
        "pools": partial(pools, kind=None, exchange_id="", window=PAGE),
        "pools behind": partial(pools, kind=None, exchange_id="", window=behind),
        "pools of a kind": partial(pools, kind="leg", exchange_id="", window=PAGE),
        "pools of another kind": partial(pools, kind="pair", exchange_id="", window=PAGE),
        "pools of a kind and an exchange": partial(
            pools, kind="leg", exchange_id="X-077", window=PAGE
        ),
        "pools of another kind and an exchange": partial(
            pools, kind="pair", exchange_id="X-077", window=PAGE
        ),
        "pools of an exchange": partial(pools, kind=None, exchange_id="X-077", window=PAGE),
        "addresses": partial(addresses, letters="", exchange_id="", window=PAGE),
        "addresses behind": partial(addresses, letters="", exchange_id="", window=later),
        "addresses of an exchange": partial(
            addresses, letters="", exchange_id="X-077", window=PAGE
        ),
        "addresses everywhere": partial(addresses, letters="南京", exchange_id="", window=PAGE),
        "reservations": partial(
            reservation_reviews.find_page, tenant=TENANT, before=NOW, window=PAGE
        ),
        "reservations behind": partial(
            reservation_reviews.find_page,
            tenant=TENANT,
            before=NOW,
            window=Window(0, 21, encode_cursor([FIRST, UUID(int=1)])),
        ),
        "holdings": partial(get_holdings, tenant=TENANT, holder=UUID(int=7)),
    }
    check_each(sessions, queries)


async def test_every_list_and_filter_of_the_description_reads_little(
    sessions: Sessions, tmp_path: Path
) -> None:
    await check_lists(SERVICE, sessions, tmp_path, QUERY_VALUES)
