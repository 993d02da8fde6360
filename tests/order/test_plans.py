"""A list of orders or products reads little more than it shows, however many there are.

The database has enough rows to distinguish a plan that grows with them from one that does not.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deploy.local.postgres import Postgres
from services.order.app import SERVICE
from services.order.domain.fulfilment.product import ProductStatus
from services.order.store import billing, order_lists, product_lists
from services.order.store.order_lists import OrderFilter
from services.order.store.product_lists import ProductFilter
from shared.access.access_rule import DataScope
from shared.contracts import OrderState
from shared.http.collection_paths import CATALOGUE_PATH
from shared.persistence.database import Sessions
from shared.persistence.pagination import Window, encode_cursor
from tests.kernel import TENANT
from tests.list_query_plans import QueryValues, check_lists
from tests.query_plans import (
    CLIENT,
    ROWS,
    SERIES,
    RunQuery,
    check_each,
    every_data_scope,
    large_database,
)

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ID = """(lpad(to_hex(1767225600000 + n * 1000), 12, '0') || '70008000'
    || lpad(to_hex(n), 12, '0'))::uuid"""
"""The id of an order of each second since the first: version 7 of RFC 9562."""

CUSTOMER = "CASE WHEN n % 10 = 6 THEN 'C-large' ELSE 'C-' || n % 10000 END"
STATE = """CASE WHEN n % 1000 = 0 THEN 'held' WHEN n % 15 = 3 THEN 'failed' ELSE 'completed' END"""
"""All that failed are orders of one client, and none of the large customer."""

FILL = (
    f"""INSERT INTO orders (id, tenant, client, party_id, content)
    SELECT {ID}, '{TENANT}', {CLIENT}, {CUSTOMER}, '' {SERIES}""",
    f"""INSERT INTO order_progress (order_id, tenant, client, party_id, state, items, code, reason,
    changed_at)
    SELECT {ID}, '{TENANT}', {CLIENT}, {CUSTOMER}, {STATE}, '', '', '', now() {SERIES}""",
    f"""INSERT INTO submissions (id, tenant, client, external_id, order_id, fingerprint, answer)
    SELECT {ID}, '{TENANT}', {CLIENT}, 'CRM-' || n, {ID}, '', '' {SERIES}""",
    f"""INSERT INTO products (id, tenant, client, party_id, status, offering_id, specification,
    number, service_id, order_id, started_at, content)
    SELECT {ID}, '{TENANT}', {CLIENT}, 'C-' || n % 10000,
    CASE WHEN n % 10 = 0 THEN 'terminated' ELSE 'active' END, 'o-' || n % 10, 's', '+86' || n,
    {ID}, {ID}, now(), '' {SERIES}""",
    f"""INSERT INTO agreements (tenant, id, party_id, changed_at, changed_by, terms)
    SELECT '{TENANT}', 'HT-' || n, 'C-' || n % 10000, now(), '', '' {SERIES}""",
    f"""INSERT INTO billing_lines (handed_over_at, id, tenant, local_network, day, action,
    offering_id, one_off_cents, monthly_begin_cents, monthly_end_cents)
    SELECT date_trunc('month', now()) + n * interval '1 millisecond', {ID}, '{TENANT}',
    '02' || n % 10, date '2026-01-01' + n / 200, 'new', 'o-1', 1, 1, 0 {SERIES}""",
    f"""INSERT INTO identity_blocks (id, tenant, identity, document_type, reason, since, blocked_by)
    SELECT {ID}, '{TENANT}', n::text, 'passport', '', now(), '' {SERIES}""",
)
PAGE = Window(0, 21)


@pytest.fixture(scope="module")
def sessions(postgres: Postgres) -> Iterator[Sessions]:
    """A database with many orders and products."""
    with large_database(postgres, "order", FILL) as sessions:
        yield sessions


def at(second: int) -> datetime:
    """Return the time of the n-th second after the first order."""
    return FIRST + second * SECOND


def id_of(second: int) -> UUID:
    """Return the id of the order of a second."""
    return UUID(f"{1767225600000 + second * 1000:012x}70008000{second:012x}")


HALF = ROWS // 2
MIDDLE = Window(0, 21, encode_cursor([id_of(HALF)]))
FROM_MEMORY = "the catalogue of a tenant is read once for each edition, and kept"
QUERY_VALUES = QueryValues(
    values={
        "externalId": ["CRM-7"],
        "relatedParty.id": ["C-7"],
        "orderDate.gte": [at(HALF).isoformat(), at(ROWS - 100).isoformat()],
        "orderDate.lte": [at(HALF).isoformat(), at(100).isoformat()],
        "productOffering.id": ["o-7"],
        "productSerialNumber": ["+867"],
        "customer": ["C-7"],
    },
    in_path={"id": str(id_of(7))},
    besides={
        f"{CATALOGUE_PATH}/{name}": FROM_MEMORY
        for name in ("productOffering", "productSpecification", "productOfferingPrice")
    },
)


SPAN: dict[str, object] = {"ordered_from": at(1000), "ordered_until": at(ROWS - 1000)}

ORDERS: list[tuple[dict[str, object], Window]] = [
    ({}, PAGE),
    ({}, MIDDLE),
    ({"state": OrderState.HELD}, PAGE),
    ({"state": OrderState.HELD}, MIDDLE),
    ({"state": OrderState.COMPLETED}, PAGE),
    ({"external_id": "CRM-7"}, PAGE),
    ({"party_id": "C-7"}, PAGE),
    ({"party_id": "C-7", "state": OrderState.HELD}, PAGE),
    ({"ordered_from": at(ROWS - 100)}, PAGE),
    ({"ordered_until": at(100)}, PAGE),
    ({"ordered_from": at(1000), "ordered_until": at(1100)}, PAGE),
    ({"ordered_from": at(HALF), "ordered_until": at(HALF + 5)}, PAGE),
    ({"ordered_from": at(HALF), "ordered_until": at(ROWS)}, MIDDLE),
    ({"ordered_from": at(1000), "ordered_until": at(HALF)}, PAGE),
    ({"ordered_until": at(HALF)}, PAGE),
    ({"ordered_until": at(HALF), "state": OrderState.HELD}, PAGE),
    ({"ordered_until": at(HALF), "state": OrderState.COMPLETED}, PAGE),
    ({"ordered_until": at(HALF), "party_id": "C-7"}, PAGE),
    ({"state": OrderState.HELD} | SPAN, PAGE),
    ({"state": OrderState.FAILED} | SPAN, PAGE),
    ({"state": OrderState.FAILED} | SPAN, MIDDLE),
    ({"state": OrderState.COMPLETED} | SPAN, PAGE),
    ({"state": OrderState.COMPLETED} | SPAN, MIDDLE),
    ({"state": OrderState.FAILED}, PAGE),
    ({"state": OrderState.FAILED, "party_id": "C-large"}, PAGE),
]

PRODUCTS: list[dict[str, object]] = [
    {},
    {"status": ProductStatus.ACTIVE},
    {"status": ProductStatus.TERMINATED},
    {"party_id": "C-7"},
    {"party_id": "C-7", "status": ProductStatus.ACTIVE},
    {"offering_id": "o-7"},
    {"offering_id": "o-7", "status": ProductStatus.TERMINATED, "party_id": "C-7"},
    {"number": "+867"},
]


def lists(
    find: Callable[..., Any],
    wanted: Callable[..., Any],
    data_scope: DataScope,
    filters_and_windows: Iterable[tuple[dict[str, object], Window]],
) -> dict[str, RunQuery]:
    """Return the query of each of these lists as a caller runs it, by name."""
    return {
        f"{filters} {window}": partial(find, filters=wanted(data_scope, **filters), window=window)
        for filters, window in filters_and_windows
    }


@every_data_scope
def test_a_list_of_orders_reads_little(sessions: Sessions, data_scope: DataScope) -> None:
    check_each(sessions, lists(order_lists.find, OrderFilter, data_scope, ORDERS))


@every_data_scope
def test_a_list_of_products_reads_little(sessions: Sessions, data_scope: DataScope) -> None:
    check_each(
        sessions,
        lists(product_lists.find, ProductFilter, data_scope, product(PRODUCTS, [PAGE, MIDDLE])),
    )


def test_a_reconciliation_file_reads_its_own_lines_alone(sessions: Sessions) -> None:
    bounds = (FIRST, datetime.now(UTC) + timedelta(days=1))
    read = partial(
        billing.find_lines,
        tenant=TENANT,
        local_network="025",
        day=date(2026, 1, 8),
        bounds=bounds,
    )

    check_each(sessions, {"a day of a local network": read})


async def test_every_list_and_filter_of_the_description_reads_little(
    sessions: Sessions, tmp_path: Path
) -> None:
    await check_lists(SERVICE, sessions, tmp_path, QUERY_VALUES)
