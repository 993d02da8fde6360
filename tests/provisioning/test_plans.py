"""A list of work orders, services or fallout reads little, however many there are."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deploy.local.postgres import Postgres
from services.provisioning.app import SERVICE
from services.provisioning.domain.fallout.fallout import FalloutState
from services.provisioning.domain.service import ServiceState
from services.provisioning.domain.work_order import OPEN, WorkOrderState
from services.provisioning.store import elements, fallout, services, work_orders
from services.provisioning.store.work_orders import ALL_STATES, Visibility
from shared.access.access_rule import CrewScope, DataScope, tenant_wide_scope
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
    expensive_plans,
    explain_queries,
    format_plan,
    large_database,
    rows_filtered_out,
)

ID = "lpad(to_hex(n), 32, '0')::uuid"
CUSTOMER = "'C-' || n % 10000"
AT = "timestamptz '2026-01-01' + n * interval '1 second'"
IS_OPEN = "n % 100 IN (0, 50)"
FILL = (
    f"""INSERT INTO work_orders (id, tenant, local_network, order_id, step, round, undo, job, title,
    skill, district, specification, service_id, address_id, parameters, held, priority, state,
    dispatched_at, accepted_by, answered_at, answered_by, remark, client, customer_id)
    SELECT {ID}, '{TENANT}', '0' || n % 13, {ID}, '1/jumper', 1, false, 'jumper', '',
    CASE WHEN n % 499 = 0 THEN 'splicer' ELSE 'fitter' END, 'D-' || n % 211, 'voice', {ID}, '', '',
    '', n % 3, CASE WHEN NOT {IS_OPEN} THEN (CASE WHEN n % 1000 = 1 THEN 'returned' ELSE 'reported'
    END) WHEN n % 1000 = 50 THEN 'accepted' ELSE 'dispatched' END, {AT},
    CASE WHEN {IS_OPEN} AND n % 1000 <> 50 THEN '' ELSE 'crew-' || n % 97 END,
    CASE WHEN {IS_OPEN} THEN NULL ELSE now() END, '', '', {CLIENT}, {CUSTOMER} {SERIES}""",
    f"""INSERT INTO services (id, tenant, local_network, state, specification, blueprint_version,
    catalogue_version, customer_id, product_id, order_id, item_id, action, address_id,
    characteristics, held, elements, started_at, ended_at, client)
    SELECT {ID}, '{TENANT}', '025', CASE WHEN n % 1000 = 0 THEN 'terminated' ELSE 'active' END,
    'voice', 1, 1, {CUSTOMER}, {ID}, {ID}, '1', 'add', '', '', '', '', now(),
    CASE WHEN n % 1000 = 0 THEN now() END, {CLIENT} {SERIES}""",
    f"""INSERT INTO fallout (id, tenant, local_network, order_id, step, undoing, specification,
    element, code, reason, answer, state, times, priority, opened_at, changed_at, changed_by,
    remark)
    SELECT {ID}, '{TENANT}', '025', {ID}, '1/activate', false,
    CASE WHEN n % 5000 = 0 THEN 'rare' ELSE 'voice' END,
    CASE WHEN n % 5000 = 0 THEN 'rare' ELSE 'ims-' || n % 7 END,
    CASE WHEN n % 5000 = 0 THEN 'rare' ELSE 'refused' END, '', '',
    CASE WHEN n % 1000 = 0 THEN 'open' ELSE 'repaired' END, 1, 1, {AT}, now(), '', '' {SERIES}""",
    f"""INSERT INTO attempts (id, operation_id, order_id, tenant, element, kind, subject,
    parameters, priority, max_tries, timeout_ms, tries, questions, doubtful, local_network, cause,
    correlation_id, traceparent, wanted_at, rank, due_at, ended_at, code, detail)
    SELECT {ID}, {ID}, {ID}, '{TENANT}', 'NJ-OLT' || n % 1000, '', '', '', 1, 5, 5000, 1, 0, false,
    '', {ID}, {ID}, '', now(), now(), now(), CASE WHEN n % 200 > 0 THEN now() END, '', ''
    {SERIES}""",
)
CALLS = ROWS // 200
"""The number of open calls."""

RAREST = ROWS // 499
"""The number of work orders with the rarer of the two skills."""

CLOSED = ALL_STATES - OPEN
PAGE = Window(0, 21)
QUERY_VALUES = QueryValues(
    values={
        "skill": ["fitter", "splicer"],
        "district": ["D-7"],
        "local_network": ["07"],
        "order_id": [str(UUID(int=50))],
        "relatedParty.id": ["C-7"],
        "code": ["rare", "refused"],
        "element": ["rare", "ims-3"],
        "specification": ["rare", "voice"],
    },
    in_path={"order_id": str(UUID(int=50))},
    besides={
        "/ops/v1/blueprints": "configuration: as many as were published",
        "/ops/v1/fallout/{order_id}": "its plan is read first: queried in the store",
    },
    surplus={"/ops/v1/elements": CALLS},
)
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
HALF = ROWS // 2
BY_AGE = Window(0, 21, encode_cursor([FIRST + timedelta(seconds=HALF), UUID(int=HALF)]))
BY_TURN = Window(0, 21, encode_cursor([1, FIRST + timedelta(seconds=HALF), UUID(int=HALF)]))
BY_CUSTOMER = Window(0, 21, encode_cursor(["C-5", UUID(int=HALF)]))


@pytest.fixture(scope="module")
def sessions(postgres: Postgres) -> Iterator[Sessions]:
    """A database with many rows in all tables."""
    with large_database(postgres, "provisioning", FILL) as sessions:
        yield sessions


NARROWED: list[dict[str, object]] = [
    {},
    {"skill": "fitter"},
    {"skill": "splicer"},
    {"district": "D-7"},
    {"local_network": "07"},
    {"order_id": UUID(int=50)},
]
OF_STATES = [
    (OPEN, PAGE),
    (OPEN, BY_TURN),
    (frozenset({WorkOrderState.ACCEPTED}), PAGE),
    (frozenset({WorkOrderState.REPORTED}), PAGE),
    (frozenset({WorkOrderState.REPORTED}), BY_AGE),
    (frozenset({WorkOrderState.RETURNED}), PAGE),
    (frozenset({WorkOrderState.RETURNED, WorkOrderState.VOID}), PAGE),
    (CLOSED, BY_AGE),
]


def work_orders_for(visibility: Visibility) -> dict[str, RunQuery]:
    """Return the work order queries of one caller."""
    return {
        f"{sorted(states)} {narrowed} {window}": partial(
            work_orders.find,
            visibility=visibility,
            wanted=work_orders.WorkOrderFilter(states, **narrowed),  # type: ignore[arg-type]
            window=window,
        )
        for (states, window), narrowed in product(OF_STATES, NARROWED)
        if not ("order_id" in narrowed and window is BY_TURN)  # an order's list is sorted by age
    }


@every_data_scope
def test_a_list_of_work_orders_reads_little(sessions: Sessions, data_scope: DataScope) -> None:
    check_each(sessions, work_orders_for(Visibility(data_scope)))


@pytest.mark.parametrize(
    "areas", [["D-7"], ["07"], ["D-7", "D-8", "07"], ["nowhere"], [], ["*"]], ids=str
)
def test_a_crew_s_list_of_work_orders_reads_little(sessions: Sessions, areas: list[str]) -> None:
    crew = CrewScope(frozenset(areas), frozenset({"crew-7", "field-company"}))
    visibility = Visibility(DataScope(TENANT, "crew"), crew)
    of_states = ((OPEN, PAGE), (OPEN, BY_TURN), (CLOSED, PAGE), (CLOSED, BY_AGE))
    queries = {
        f"{sorted(states)} {window}": partial(
            work_orders.find,
            visibility=visibility,
            wanted=work_orders.WorkOrderFilter(states),
            window=window,
        )
        for states, window in of_states
    }
    check_each(sessions, queries)


@pytest.mark.parametrize("state", [WorkOrderState.ACCEPTED, WorkOrderState.RETURNED])
@pytest.mark.parametrize("narrowed", [each for each in NARROWED if "order_id" not in each], ids=str)
def test_a_list_of_one_state_reads_no_work_order_of_others(
    sessions: Sessions, state: WorkOrderState, narrowed: dict[str, Any]
) -> None:
    wanted = work_orders.WorkOrderFilter(frozenset({state}), **narrowed)
    query = partial(
        work_orders.find,
        visibility=Visibility(tenant_wide_scope(TENANT)),
        wanted=wanted,
        window=PAGE,
    )

    with (
        sessions() as session,
        explain_queries(session.connection()) as plans,
        suppress(ValueError),
    ):
        query(session)

    assert [format_plan(plan) for plan in plans if rows_filtered_out(plan)] == []


@every_data_scope
def test_a_list_by_two_filters_costs_the_rarer_one(
    sessions: Sessions, data_scope: DataScope
) -> None:
    queries: dict[str, RunQuery] = {
        f"{sorted(states)} {window}": partial(
            work_orders.find,
            visibility=Visibility(data_scope),
            wanted=work_orders.WorkOrderFilter(states, skill="splicer", district="D-7"),
            window=window,
        )
        for states, window in OF_STATES
    }
    check_each(sessions, queries, surplus=RAREST)


@every_data_scope
def test_open_and_closed_work_orders_together_cost_the_open_ones(
    sessions: Sessions, data_scope: DataScope
) -> None:
    wanted = work_orders.WorkOrderFilter(frozenset(WorkOrderState), skill="fitter")
    query = partial(work_orders.find, visibility=Visibility(data_scope), wanted=wanted, window=PAGE)

    assert expensive_plans(sessions, query, surplus=ROWS // 50) == []


@every_data_scope
def test_a_list_of_services_reads_little(sessions: Sessions, data_scope: DataScope) -> None:
    queries = {
        f"{customer_id} {state} {window}": partial(
            services.find,
            data_scope=data_scope,
            wanted=services.ServiceFilter(customer_id, state),
            window=window,
        )
        for customer_id, state, window in product(
            [None, "C-7"], [None, ServiceState.ACTIVE, ServiceState.TERMINATED], [PAGE, BY_CUSTOMER]
        )
    }
    check_each(sessions, queries)


def test_a_list_of_fallout_reads_little(sessions: Sessions) -> None:
    states = ({FalloutState.OPEN}, {FalloutState.REPAIRED}, set(FalloutState))
    narrowed: list[dict[str, str]] = [
        {},
        *({name: "rare"} for name in ("code", "element", "specification")),
        {"element": "ims-3"},
        {"code": "refused", "element": "ims-3", "specification": "voice"},
    ]
    queries = {
        f"{sorted(those)} {names} {window}": partial(
            fallout.find, tenant=TENANT, wanted=fallout.FalloutFilter(those, **names), window=window
        )
        for those, names, window in product(states, narrowed, [PAGE, BY_AGE])
    }
    check_each(sessions, queries)


def test_the_fallout_of_an_order_reads_little(sessions: Sessions) -> None:
    query = partial(fallout.of_order, tenant=TENANT, order_id=UUID(int=50), window=PAGE)

    assert expensive_plans(sessions, query) == []


def test_a_list_of_elements_costs_the_calls_that_are_open(sessions: Sessions) -> None:
    queries: dict[str, RunQuery] = {
        str(window): partial(elements.find_page, window=window)
        for window in (PAGE, Window(0, 21, encode_cursor(["NJ-OLT500"])))
    }
    check_each(sessions, queries, surplus=CALLS)


async def test_every_list_and_filter_of_the_description_reads_little(
    sessions: Sessions, tmp_path: Path
) -> None:
    await check_lists(SERVICE, sessions, tmp_path, QUERY_VALUES)
