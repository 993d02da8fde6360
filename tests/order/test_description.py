"""The examples in the API's description are the service's answers."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from httpx import AsyncClient
from pydantic import BaseModel

from services.order.api.examples import (
    catalogue,
    offerings,
    orders,
    prices,
    products,
    quotes,
    specifications,
)
from services.order.api.views.orders import show_order
from services.order.api.views.products import show_product
from services.order.api.views.quotes import show_quote
from services.order.api.views.state_changes import StateChangeView
from services.order.domain.acceptance.acceptance import AcceptedOrder, accept, make_quote
from services.order.domain.fulfilment.installed_base import products_after
from services.order.domain.fulfilment.progress import initial_changes
from services.order.handlers import SUBSCRIPTIONS
from shared.contracts import Action, BlueprintName, BlueprintsPublished
from shared.persistence.database import Sessions
from shared.persistence.history import HistoryEntry
from tests.callers import AsRole
from tests.kernel import TENANT, consume
from tests.order.builders import CATALOGUE, a_placement, read_order, service_completed


def the_order() -> AcceptedOrder:
    """Return the order of the example with a vanity number, placed as the example says."""
    given = read_order(orders.ORDER_REQUESTS["vanity number"]["value"])
    return accept(given, a_placement(UUID(orders.ORDER_ID)), CATALOGUE, {})


def as_sent(view: BaseModel) -> Any:
    return view.model_dump(by_alias=True, exclude_none=True, mode="json")


def test_the_example_of_an_order_is_what_its_request_is_answered_with() -> None:
    order = the_order()

    assert as_sent(show_order(order.order, order.progress)) == orders.ORDER


def test_the_example_of_a_quote_is_what_the_price_of_a_line_with_a_term_is() -> None:
    body = orders.order_body("CRM-1004", orders.item_body("1", "ftth-500-term"))
    placed_at = datetime(2026, 1, 31, 12, tzinfo=UTC)
    context = a_placement(UUID(orders.ORDER_ID))._replace(now=placed_at)

    quote = make_quote(read_order(body), context, CATALOGUE, {})

    assert as_sent(show_quote(quote)) == quotes.QUOTE


def test_the_example_of_a_change_is_one_of_that_order() -> None:
    order = the_order()
    *_, first = initial_changes(order.progress)
    change = HistoryEntry(
        order.order.ordered_at,
        TENANT,
        first.kind,
        orders.ORDER_ID,
        first.part,
        first.was,
        first.became,
        reason="",
        cause=order.order.id,
        actor="crm",
    )

    assert as_sent(StateChangeView.of(change)) == orders.STATE_CHANGE


def test_the_example_of_a_product_is_what_comes_of_that_order() -> None:
    order = the_order()
    number = order.order.items[0].ordered.characteristics[0].value
    ready = service_completed(order, str(number)).services
    update = products_after(order.order, {}, ready, order.order.ordered_at + timedelta(seconds=2))
    (product,) = update.created

    assert as_sent(show_product(product)) == products.PRODUCT


async def test_the_examples_of_the_catalogue_are_what_ships(
    client: AsyncClient, as_role: AsRole
) -> None:
    shown = [
        (await client.get(example["href"], headers=as_role("crm"))).json()
        for example in (
            specifications.SPECIFICATION,
            offerings.OFFERING,
            prices.PRICE,
        )
    ]

    assert shown == [
        specifications.SPECIFICATION,
        offerings.OFFERING,
        prices.PRICE,
    ]


async def test_the_example_of_a_publication_is_answered_as_its_example_says(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    names = (BlueprintName(specification="ftth", action=each, version=1) for each in Action)
    consume(stocked, SUBSCRIPTIONS, BlueprintsPublished(owner_tenant="", blueprints=tuple(names)))

    answer = await client.post(
        "/ops/v1/catalogue", json=catalogue.PUBLICATION, headers=as_role("ops")
    )

    assert (answer.status_code, answer.json()) == (200, catalogue.PUBLISHED)
