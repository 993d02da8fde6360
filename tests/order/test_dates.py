"""Dates of orders, queries and publications: accepted in one form, or refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from services.order.domain.catalogue.catalogue import Eligibility, Offering
from services.order.store import catalogue as store
from shared.contracts import OrderAccepted
from shared.http.collection_paths import CATALOGUE_PATH, ORDERS_PATH
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.conftest import NOON
from tests.kernel import TENANT, published
from tests.order.builders import Json, a_body, an_item, faults_of

WRONG = [
    "20270101",
    "2026-09-01",
    "2026-09-01T00:00:00",
    "0001-01-01T00:00:00+08:00",
    "9999-12-31T23:59:59-08:00",
]


def a_publication(**eligibility: Any) -> Json:
    offering: Json = {
        "id": "ftth-campus",
        "version": 1,
        "name": "Campus",
        "specification": "ftth",
        "fixed": [{"name": "speedMbps", "value": 300}],
        "eligibility": eligibility,
    }
    return {"offerings": [offering]}


def at(**offset: float) -> str:
    return (NOON + timedelta(**offset)).isoformat()


@pytest.mark.parametrize("value", [*WRONG, 20270101])
@pytest.mark.parametrize("field", ["requestedStartDate", "requestedCompletionDate"])
async def test_an_order_with_a_date_of_another_form_is_refused(
    client: AsyncClient, as_role: AsRole, field: str, value: str | int
) -> None:
    body = a_body() | {field: value}

    answer = await client.post(ORDERS_PATH, json=body, headers=as_role("crm"))

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["field"] == f"/{field}"
    assert error["remedy"]


@pytest.mark.parametrize("value", WRONG)
@pytest.mark.parametrize("bound", ["orderDate.gte", "orderDate.lte"])
async def test_a_query_with_a_date_of_another_form_is_refused(
    client: AsyncClient, as_role: AsRole, bound: str, value: str
) -> None:
    answer = await client.get(ORDERS_PATH, params={bound: value}, headers=as_role("crm"))

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["field"] == bound
    assert "%2B" in error["remedy"] or "later" in error["remedy"]


@pytest.mark.parametrize("value", WRONG)
@pytest.mark.parametrize("field", ["valid_from", "valid_until"])
async def test_a_publication_with_a_date_of_another_form_is_refused_and_changes_nothing(
    client: AsyncClient, as_role: AsRole, field: str, value: str
) -> None:
    body = a_publication(**{field: value})

    answer = await client.post("/ops/v1/catalogue", json=body, headers=as_role("ops"))

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["field"] == f"/offerings/0/eligibility/{field}"
    assert error["remedy"]
    read = f"{CATALOGUE_PATH}/productOffering/ftth-campus"
    assert (await client.get(read, headers=as_role("crm"))).status_code == 404


@pytest.mark.parametrize("until", ["2026-09-01T00:00:00Z", "2026-08-01T00:00:00Z"])
async def test_a_validity_that_ends_before_it_begins_is_refused(
    client: AsyncClient, as_role: AsRole, until: str
) -> None:
    body = a_publication(valid_from="2026-09-01T08:00:00+08:00", valid_until=until)

    answer = await client.post("/ops/v1/catalogue", json=body, headers=as_role("ops"))

    assert answer.status_code == 400
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [
        ("/offerings/0/eligibility/valid_until", "validity-empty")
    ]


@pytest.mark.parametrize(
    ("dates", "fault"),
    [
        ({"requestedCompletionDate": at(seconds=-1)}, "completion-in-past"),
        (
            {"requestedStartDate": at(hours=-1), "requestedCompletionDate": at(hours=-2)},
            "completion-in-past",
        ),
    ],
)
def test_an_order_with_a_completion_date_in_the_past_is_refused(
    dates: dict[str, str], fault: str
) -> None:
    assert faults_of(a_body(**dates)) == {("/requestedCompletionDate", fault)}


def test_an_order_with_a_completion_date_before_its_start_is_refused() -> None:
    dates = {"requestedStartDate": at(days=2), "requestedCompletionDate": at(days=1)}

    assert ("/requestedCompletionDate", "completion-before-start") in faults_of(a_body(**dates))


def test_an_order_may_have_a_later_completion_date_and_an_earlier_start() -> None:
    dates = {"requestedStartDate": at(hours=-1), "requestedCompletionDate": at(days=3)}

    assert faults_of(a_body(**dates)) == set()


async def test_provisioning_is_told_the_dates_that_the_customer_wants(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    start, completion = at(hours=-1), datetime(2999, 1, 31, tzinfo=UTC)
    body = a_body(requestedStartDate=start, requestedCompletionDate=completion.isoformat())

    answer = await client.post(ORDERS_PATH, json=body, headers=as_role("crm"))

    assert answer.status_code == 201, answer.text
    (message,) = (each for each in published(stocked) if isinstance(each, OrderAccepted))
    assert message.requested_start == datetime.fromisoformat(start)
    assert message.requested_completion == completion


@pytest.mark.parametrize(
    "valid_from",
    [
        datetime(2026, 9, 1),  # noqa: DTZ001  accepted by an earlier version
        datetime.fromisoformat("0001-01-01T00:00:00+08:00"),
    ],
)
async def test_what_was_published_before_the_rule_is_listed_and_ordered(
    client: AsyncClient, stocked: Sessions, as_role: AsRole, valid_from: datetime
) -> None:
    old = Offering(
        id="old",
        version=1,
        name="Old",
        specification="ftth",
        eligibility=Eligibility(valid_from=valid_from, valid_until=NOON + timedelta(days=36_500)),
    )
    with stocked.begin() as session:
        store.get_for_update(session, TENANT)
        store.put(session, TENANT, [old])

    listed = await client.get(f"{CATALOGUE_PATH}/productOffering?limit=100", headers=as_role("crm"))
    ordered = await client.post(
        ORDERS_PATH, json=a_body(an_item("1", "old", speedMbps=300)), headers=as_role("crm")
    )

    assert listed.status_code == 200
    assert "old" in [each["id"] for each in listed.json()]
    assert ordered.status_code == 201
