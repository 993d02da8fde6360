"""What the API's description shows is what the service answers."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from httpx import AsyncClient
from pydantic import BaseModel

from services.order.api import examples_catalogue, examples_order
from services.order.api.examples import ORDER_EXAMPLES
from services.order.api.views_history import ChangeView
from services.order.api.views_order import show_order
from services.order.api.views_product import show_product
from services.order.domain.acceptance import Accepted, accept
from services.order.domain.product import fold
from services.order.domain.progress import first_changes
from services.order.handlers import SUBSCRIPTIONS
from shared.contracts import Action, BlueprintName, BlueprintsPublished
from shared.persistence.database import Sessions
from shared.persistence.history import Change
from tests.callers import AsRole
from tests.kernel import TENANT, hear
from tests.order.build import CATALOGUE, completed, given_by, placed_by


def the_order() -> Accepted:
    """Return the order of the example with a vanity number, placed as the example says."""
    given = given_by(ORDER_EXAMPLES["vanity number"]["value"])
    return accept(given, placed_by(UUID(examples_order.ORDER_ID)), CATALOGUE, {})


def as_sent(view: BaseModel) -> Any:
    return view.model_dump(by_alias=True, exclude_none=True, mode="json")


def test_the_example_of_an_order_is_what_its_request_is_answered_with() -> None:
    order = the_order()

    assert as_sent(show_order(order.order, order.progress)) == examples_order.ORDER


def test_the_example_of_a_change_is_one_of_that_order() -> None:
    order = the_order()
    *_, first = first_changes(order.progress)
    change = Change(
        order.order.ordered_at,
        TENANT,
        first.kind,
        examples_order.ORDER_ID,
        first.part,
        first.was,
        first.became,
        reason="",
        cause=order.order.id,
        actor="crm",
    )

    assert as_sent(ChangeView.of(change)) == examples_order.CHANGE


def test_the_example_of_a_product_is_what_comes_of_that_order() -> None:
    order = the_order()
    number = order.order.items[0].ordered.characteristics[0].value
    ready = completed(order, str(number)).services
    (product,), _ = fold(order.order, {}, ready, order.order.ordered_at + timedelta(seconds=2))

    assert as_sent(show_product(product)) == examples_order.PRODUCT


async def test_the_examples_of_the_catalogue_are_what_ships(
    client: AsyncClient, as_role: AsRole
) -> None:
    shown = [
        (await client.get(example["href"], headers=as_role("crm"))).json()
        for example in (
            examples_catalogue.SPECIFICATION,
            examples_catalogue.OFFERING,
            examples_catalogue.PRICE,
        )
    ]

    assert shown == [
        examples_catalogue.SPECIFICATION,
        examples_catalogue.OFFERING,
        examples_catalogue.PRICE,
    ]


async def test_the_example_of_a_publication_is_answered_as_its_example_says(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    names = (BlueprintName(specification="ftth", action=each, version=1) for each in Action)
    hear(stocked, SUBSCRIPTIONS, BlueprintsPublished(owner_tenant="", blueprints=tuple(names)))

    answer = await client.post(
        "/ops/v1/catalogue", json=examples_catalogue.PUBLICATION, headers=as_role("ops")
    )

    assert (answer.status_code, answer.json()) == (200, examples_catalogue.PUBLISHED)
