"""Quotes: an order is priced without being placed, and placed with these prices, once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from httpx import AsyncClient, Response
from sqlalchemy import func, select, update

from services.order.app import SERVICE
from services.order.tables import OrderRow, QuoteRow
from shared.http.collection_paths import ORDERS_PATH, QUOTES_PATH
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.conftest import NOON
from tests.kernel import consume, published
from tests.order.builders import SHIPPED_ENTRIES, Json, a_body, a_bundle, an_item
from tests.order.test_agreements import TERMS, agreed
from tests.order.test_api_catalogue import publish
from tests.order.test_takeover import lose_the_orders

BODY = a_body(an_item("1", "ftth-500-term"))


async def quoted(client: AsyncClient, headers: dict[str, str], body: Json = BODY) -> Json:
    """Return a quote."""
    response = await client.post(QUOTES_PATH, json=body, headers=headers)
    assert response.status_code == 201, response.text
    found: Json = response.json()
    return found


async def ordered(
    client: AsyncClient, headers: dict[str, str], quote: Json, body: Json = BODY
) -> Response:
    """Return the response to an order that names a quote."""
    return await client.post(
        ORDERS_PATH, json=body | {"quote": [{"id": quote["id"]}]}, headers=headers
    )


def codes(response: Response) -> list[str]:
    return [each["code"] for each in response.json()["errors"]]


async def test_a_quote_prices_each_line_and_reserves_nothing(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    quote = await quoted(client, as_role("crm"))

    (item,) = quote["productOrderItem"]
    (line,) = item["itemPrice"]
    assert line["price"]["dutyFreeAmount"] == {"unit": "CNY", "value": 64.5}
    assert line["price"]["taxIncludedAmount"] == {"unit": "CNY", "value": 68.37}
    assert line["price"]["taxRate"] == 6.0
    (discount,) = line["priceAlteration"]
    assert (discount["applicationDuration"], discount["price"]["percentage"]) == (12, -50)
    assert item["itemTerm"][0]["duration"] == {"amount": 24, "units": "month"}
    assert item["firstMonth"]["price"]["value"] == 64.5
    with stocked() as session:
        assert not session.scalar(select(func.count()).select_from(OrderRow))
    assert published(stocked) == []


async def test_an_order_with_a_quote_has_its_prices_although_others_hold_now(
    client: AsyncClient, as_role: AsRole
) -> None:
    crm = as_role("crm")
    quote = await quoted(client, crm)
    await raise_price(client, as_role("ops"))
    dearer = await quoted(client, crm)

    response = await ordered(client, crm, quote)

    assert response.status_code == 201, response.text
    assert response.json()["orderTotalPrice"] == quote["quoteTotalPrice"]
    assert dearer["quoteTotalPrice"] != quote["quoteTotalPrice"]
    shown = (await client.get(quote["href"], headers=crm)).json()
    assert shown["productOrder"]["id"] == response.json()["id"]


async def raise_price(client: AsyncClient, headers: dict[str, str]) -> None:
    """Publish a dearer version of the offering."""
    (offering,) = (each for each in SHIPPED_ENTRIES.offerings if each.id == "ftth-500-term")
    dearer = (replace(each, amount_cents=each.amount_cents * 2) for each in offering.prices)
    next_version = replace(offering, version=2, prices=tuple(dearer))
    response = await publish(client, headers, {"offerings": [msgspec.to_builtins(next_version)]})
    assert response.status_code == 200, response.text


async def test_one_order_is_placed_with_a_quote(client: AsyncClient, as_role: AsRole) -> None:
    crm = as_role("crm")
    quote = await quoted(client, crm)
    first = await ordered(client, crm, quote)

    second = await ordered(client, crm, quote)

    assert (first.status_code, second.status_code) == (201, 409)
    assert second.json()["code"] == "quote-used"
    assert first.json()["id"] in second.json()["detail"]


@pytest.mark.parametrize(
    "items",
    [
        (an_item("1", "ftth-1000"),),
        (an_item("2", "ftth-500-term"),),
        (an_item("1", "ftth-500-term"), an_item("2", "voice-basic")),
    ],
)
async def test_a_quote_for_other_items_is_refused(
    client: AsyncClient, as_role: AsRole, items: tuple[Json, ...]
) -> None:
    crm = as_role("crm")
    quote = await quoted(client, crm)

    response = await ordered(client, crm, quote, a_body(*items))

    assert (response.status_code, codes(response)) == (400, ["quote-mismatch"])


async def test_a_quote_of_another_customer_or_client_or_of_nobody_is_unknown(
    client: AsyncClient, as_role: AsRole
) -> None:
    crm = as_role("crm")
    quote = await quoted(client, crm)
    body = a_body(an_item("1", "ftth-500-term"), party="C-2")

    of_another = await ordered(client, crm, quote, body)
    by_another = await ordered(client, as_role("crm", client="other"), quote)
    of_nobody = await ordered(client, crm, {"id": "x"})

    found = [codes(each) for each in (of_another, by_another, of_nobody)]
    assert found == [["quote-unknown"]] * 3


async def test_a_quote_that_is_over_is_refused(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    crm = as_role("crm")
    quote = await quoted(client, crm)
    with stocked.begin() as session:
        session.execute(update(QuoteRow).values(valid_until=NOON - timedelta(days=60)))

    response = await ordered(client, crm, quote)

    assert codes(response) == ["quote-expired"]


async def test_a_repeated_request_gets_the_same_quote_and_another_body_is_refused(
    client: AsyncClient, as_role: AsRole
) -> None:
    crm = as_role("crm") | {"Idempotency-Key": "q-1"}
    first = await client.post(QUOTES_PATH, json=BODY, headers=crm)
    again = await client.post(QUOTES_PATH, json=BODY, headers=crm)
    other = await client.post(QUOTES_PATH, json=a_body(), headers=crm)

    assert first.content == again.content
    assert again.headers["idempotent-replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_a_bundle_is_quoted_with_its_discounts_and_all_faults_are_named(
    client: AsyncClient, as_role: AsRole
) -> None:
    crm = as_role("crm")
    quote = await quoted(client, crm, a_body(a_bundle()))
    faulty = await client.post(
        QUOTES_PATH, json=a_body(an_item("1", "nothing"), an_item("1", "ftth-100")), headers=crm
    )

    (bundle,) = quote["productOrderItem"]
    assert [each["id"] for each in bundle["productOrderItem"]] == ["1.1", "1.2"]
    assert bundle["itemTotalPrice"] == quote["quoteTotalPrice"]
    assert set(codes(faulty)) == {"offering-unknown", "item-id-twice"}


async def test_two_orders_at_once_with_one_quote_are_one_order(
    client: AsyncClient, as_role: AsRole
) -> None:
    crm = as_role("crm")
    quote = await quoted(client, crm)

    responses = await asyncio.gather(*(ordered(client, crm, quote) for _ in range(5)))

    assert sorted(each.status_code for each in responses) == [201, 409, 409, 409, 409]


async def test_a_quote_for_another_start_of_the_charges_is_refused(
    client: AsyncClient, as_role: AsRole
) -> None:
    crm = as_role("crm")
    quote = await quoted(client, crm)
    later = a_body(an_item("1", "ftth-500-term") | {"chargeStart": "completion"})

    response = await ordered(client, crm, quote, later)

    assert codes(response) == ["quote-mismatch"]


async def test_a_quote_with_an_agreement_is_kept_though_the_agreement_is_over(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    crm = as_role("crm")
    await agreed(client, as_role)
    body = a_body(an_item("1", "ftth-300"))
    quote = await quoted(client, crm, body | {"agreement": [{"id": "HT-1"}]})
    ended = (NOON - timedelta(days=5)).isoformat()
    await agreed(client, as_role, TERMS | {"valid_until": ended})
    with stocked.begin() as session:
        session.execute(update(QuoteRow).values(made_at=NOON - timedelta(days=10)))

    response = await ordered(client, crm, quote, body)

    assert response.status_code == 201, response.text
    assert response.json()["orderTotalPrice"] == quote["quoteTotalPrice"]


@pytest.mark.parametrize("is_sent_again", [False, True])
async def test_a_quote_that_was_used_before_a_restore_is_used_afterwards(
    *, client: AsyncClient, stocked: Sessions, as_role: AsRole, is_sent_again: bool
) -> None:
    crm = as_role("crm")
    quote = await quoted(client, crm)
    body = BODY | {"externalId": "CRM-1"}
    first = await ordered(client, crm, quote, body)
    (accepted,) = published(stocked)
    lose_the_orders(stocked)
    with stocked.begin() as session:
        session.execute(update(QuoteRow).values(order_id=None))
    if is_sent_again:
        again = await ordered(client, crm, quote, body)
        assert again.json()["id"] != first.json()["id"]

    consume(stocked, SERVICE.takeover.subscriptions, accepted)

    other = await ordered(client, crm, quote)
    assert (other.status_code, other.json()["code"]) == (409, "quote-used")
    assert first.json()["id"] in other.json()["detail"]
