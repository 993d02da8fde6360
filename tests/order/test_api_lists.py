"""Lists of orders and products: filters, pages, fields."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient, Response

from services.order.domain.acceptance.acceptance import accept
from services.order.domain.acceptance.submission import Submission
from services.order.domain.order_id_time import highest_id_until, lowest_id_from, placed_at
from services.order.handlers import SUBSCRIPTIONS
from services.order.store import orders, submissions
from shared.http.collection_paths import ORDERS_PATH, PRODUCTS_PATH
from shared.messaging.commit_context import CommitContext
from shared.messaging.unit_of_work import begin_transaction
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.conftest import NOON
from tests.kernel import TENANT, consume
from tests.order.builders import (
    CATALOGUE,
    NUMBER,
    a_body,
    a_placement,
    an_item,
    order_id,
    read_order,
    resources_assigned,
    service_completed,
)


def add_orders(sessions: Sessions, count: int, *, client: str = "crm", start: int = 1) -> None:
    """Add orders, one a minute, of three customers in turn."""
    with begin_transaction(sessions, NOON, CommitContext(uuid4())) as transaction:
        for n in range(start, start + count):
            id_ = order_id(n, NOON + timedelta(minutes=n))
            body = a_body(an_item("1", "voice-basic"), party=f"C-{n % 3}", externalId=f"CRM-{n}")
            made = accept(read_order(body), a_placement(id_, client), CATALOGUE, {})
            orders.add(transaction.session, made.order, made.progress)
            submission = Submission(id_, TENANT, client, None, f"CRM-{n}", id_, b"", b"")
            submissions.add(transaction.session, submission)


async def listed(
    client: AsyncClient, headers: dict[str, str], query: str = "", path: str = ORDERS_PATH
) -> Response:
    return await client.get(f"{path}{query}", headers=headers)


def names(answer: Response) -> list[str]:
    return [each["externalId"] for each in answer.json()]


async def test_the_newest_order_comes_first(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    add_orders(stocked, 3)

    answer = await listed(client, as_role("crm"))

    assert names(answer) == ["CRM-3", "CRM-2", "CRM-1"]
    assert answer.status_code == 200
    assert answer.headers["x-result-count"] == answer.headers["x-total-count"] == "3"


async def test_pages_meet_without_gap_or_overlap(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    add_orders(stocked, 7)

    pages = [await listed(client, as_role("crm"), f"?limit=3&offset={at}") for at in (0, 3, 6)]

    assert [name for page in pages for name in names(page)] == [f"CRM-{n}" for n in range(7, 0, -1)]
    assert [page.status_code for page in pages] == [206, 206, 200]
    assert pages[-1].headers["x-total-count"] == "7"
    assert "x-total-count" not in pages[0].headers


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?externalId=CRM-2", [2]),
        ("?externalId=CRM-99", []),
        ("?relatedParty.id=C-0", [6, 3]),
        ("?state=inProgress", [4]),
        ("?state=acknowledged&relatedParty.id=C-1", [1]),
        ("?state=acknowledged&limit=2", [6, 5]),
        ("?orderDate.gte={4}", [6, 5, 4]),
        ("?orderDate.lte={2}", [2, 1]),
        ("?orderDate.gte={2}&orderDate.lte={3}", [3, 2]),
        ("?orderDate.gte={2}&relatedParty.id=C-2", [5, 2]),
        ("?externalId=CRM-2&state=held", []),
    ],
)
async def test_filters_narrow_and_add_up(
    client: AsyncClient, stocked: Sessions, as_role: AsRole, query: str, found: list[int]
) -> None:
    add_orders(stocked, 6)
    moved = resources_assigned(4)
    consume(
        stocked,
        SUBSCRIPTIONS,
        type(moved)(order_id=order_id(4, NOON + timedelta(minutes=4)), items=()),
    )

    def at(minute: re.Match[str]) -> str:
        moment = NOON + timedelta(minutes=int(minute[1]))
        return moment.isoformat().replace("+00:00", "Z")

    answer = await listed(client, as_role("crm"), re.sub(r"\{(\d)\}", at, query))

    assert names(answer) == [f"CRM-{n}" for n in found]


async def test_a_crm_sees_its_own_orders_and_a_viewer_all_of_the_tenant(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    add_orders(stocked, 2)
    add_orders(stocked, 1, client="other", start=3)

    assert names(await listed(client, as_role("crm"))) == ["CRM-2", "CRM-1"]
    assert names(await listed(client, as_role("crm", "other"))) == ["CRM-3"]
    assert names(await listed(client, as_role("crm", "other"), "?externalId=CRM-1")) == []
    assert len(names(await listed(client, as_role("viewer")))) == 3
    assert names(await listed(client, as_role("viewer", tenant="zhejiang"))) == []


@pytest.mark.parametrize(
    "query",
    [
        "?state=lost",
        "?limit=0",
        "?limit=1000",
        "?offset=-1",
        "?offset=1000000",
        "?orderDate.gte=yesterday",
        "?orderDate.gte=2026-01-01T00:00:00",
        "?fields=colour",
        f"?externalId={'x' * 101}",
    ],
)
async def test_a_bad_query_is_refused_with_its_parameter(
    client: AsyncClient, stocked: Sessions, as_role: AsRole, query: str
) -> None:
    add_orders(stocked, 1)

    answer = await listed(client, as_role("crm"), query)

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["field"] == query.removeprefix("?").partition("=")[0]


async def test_a_list_shows_the_chosen_fields(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    add_orders(stocked, 1)

    (order,) = (await listed(client, as_role("crm"), "?fields=externalId")).json()

    assert set(order) == {"id", "href", "@type", "externalId"}


async def test_products_are_found_by_customer_number_offering_and_status(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    with begin_transaction(stocked, NOON, CommitContext(uuid4())) as transaction:
        fibre = accept(read_order(a_body()), a_placement(order_id(1)), CATALOGUE, {})
        voice = accept(
            read_order(a_body(an_item("1", "voice-basic"), party="C-2")),
            a_placement(order_id(2)),
            CATALOGUE,
            {},
        )
        for each in (fibre, voice):
            orders.add(transaction.session, each.order, each.progress)
    consume(stocked, SUBSCRIPTIONS, service_completed(fibre), service_completed(voice))
    headers = as_role("crm")

    async def found(query: str) -> list[str]:
        answer = await listed(client, headers, query, PRODUCTS_PATH)
        return [each["productOffering"]["id"] for each in answer.json()]

    assert await found("?relatedParty.id=C-2") == ["voice-basic"]
    assert await found(f"?productSerialNumber={NUMBER.replace('+', '%2B')}") == ["voice-basic"]
    assert await found("?productOffering.id=ftth-300") == ["ftth-300"]
    assert sorted(await found("?status=active")) == ["ftth-300", "voice-basic"]
    assert await found("?status=terminated") == []
    assert await found("?status=active&relatedParty.id=C-1") == ["ftth-300"]
    assert await found("?productOffering.id=ftth-300&status=terminated") == []


@pytest.mark.usefixtures("stocked")
async def test_an_offering_that_the_catalogue_never_had_is_named(
    client: AsyncClient, as_role: AsRole
) -> None:
    answer = await client.get(
        f"{PRODUCTS_PATH}?productOffering.id=nonsense", headers=as_role("crm")
    )

    assert answer.status_code == 400
    (fault,) = answer.json()["errors"]
    assert (fault["field"], fault["code"]) == ("productOffering.id", "unknown-offering")
    assert "productOffering" in fault["remedy"]


async def test_a_product_is_shown_as_tmf637_has_it(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    with begin_transaction(stocked, NOON, CommitContext(uuid4())) as transaction:
        made = accept(
            read_order(a_body(an_item("1", "voice-basic", number=NUMBER, numberGrade="AAAA"))),
            a_placement(order_id(1)),
            CATALOGUE,
            {},
        )
        orders.add(transaction.session, made.order, made.progress)
    consume(stocked, SUBSCRIPTIONS, service_completed(made))
    ordered = made.order.items[0].ordered

    place = f"{PRODUCTS_PATH}/{ordered.product_id}"
    shown = (await client.get(place, headers=as_role("crm"))).json()

    assert (shown["status"], shown["productSerialNumber"]) == ("active", NUMBER)
    assert shown["startDate"] == NOON.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert {each["name"]: each["value"] for each in shown["productCharacteristic"]} == {
        "number": NUMBER,
        "numberGrade": "AAAA",
    }
    assert shown["productOrderItem"][0]["productOrderId"] == str(made.order.id)
    assert shown["realizingService"][0]["id"] == str(ordered.service_id)
    assert shown["productTerm"][0]["duration"] == {"amount": 36, "units": "month"}
    other = await client.get(place, headers=as_role("crm", tenant="zhejiang"))
    assert other.status_code == 404


def test_the_ids_of_a_time_span_are_those_of_its_orders() -> None:
    inside = order_id(1)
    before = UUID(int=inside.int - (1 << 80))

    assert placed_at(inside) == NOON
    assert (
        before
        < lowest_id_from(NOON)
        <= inside
        <= highest_id_until(NOON)
        < UUID(int=inside.int + (1 << 80))
    )


@pytest.mark.parametrize(
    "moment", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)]
)
def test_any_moment_has_ids(moment: datetime) -> None:
    assert lowest_id_from(moment).int >= 0
    assert highest_id_until(moment).int < 1 << 128
