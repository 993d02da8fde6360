"""What each business action means to the order service."""

import pytest
from httpx import AsyncClient

from services.order.domain.business_actions import (
    BUSINESS_ACTIONS,
    ENABLED_ACTIONS,
    ProductEffect,
    enabled_actions,
    requested_action,
)
from services.order.domain.fulfilment.order_end import advance_order_and_products
from services.order.handlers import SUBSCRIPTIONS
from shared.contracts import (
    Action,
    BlueprintName,
    BlueprintsPublished,
    BusinessAction,
    OrderCompleted,
)
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.conftest import NOON
from tests.kernel import TENANT, consume
from tests.order.builders import (
    a_body,
    a_disconnection,
    a_product,
    accepted,
    an_item,
    found,
    service_completed,
)
from tests.order.test_api_catalogue import a_publication, publish


def test_every_business_action_has_a_row() -> None:
    assert [each for each in BusinessAction if each not in BUSINESS_ACTIONS] == []


def test_new_installation_and_disconnection_are_enabled() -> None:
    assert {BusinessAction.NEW, BusinessAction.DISCONNECT} <= set(ENABLED_ACTIONS)
    assert enabled_actions(Action.NO_CHANGE) == []


@pytest.mark.parametrize(
    ("tmf_action", "name", "requested"),
    [
        ("add", "", BusinessAction.NEW),
        ("add", "new", BusinessAction.NEW),
        ("add", "disconnect", BusinessAction.NEW),
        ("delete", "", BusinessAction.DISCONNECT),
        ("delete", "disconnect", BusinessAction.DISCONNECT),
        ("modify", "", BusinessAction.CHANGE),
        ("modify", "suspend", BusinessAction.SUSPEND),
        ("noChange", "", None),
        ("", "new", None),
        ("ADD", "", None),
    ],
)
def test_an_item_requests_the_action_that_it_names_or_means(
    tmf_action: str, name: str, requested: BusinessAction | None
) -> None:
    assert requested_action(tmf_action, name) is requested


def test_a_business_action_that_is_not_enabled_is_refused() -> None:
    (fault,) = found(a_body(an_item() | {"action": "noChange"}))

    assert (fault.field, fault.code) == ("/productOrderItem/0/action", "action-unsupported")
    assert fault.remedy == "use add or modify or delete"


def test_another_business_action_than_the_tmf_actions_own_is_refused_with_the_right_one() -> None:
    (fault,) = found(a_body(an_item() | {"businessAction": "move"}))

    assert (fault.field, fault.code) == (
        "/productOrderItem/0/businessAction",
        "business-action-mismatch",
    )
    assert fault.remedy == "leave it out, or say new"


def test_an_accepted_item_has_both_actions_and_its_effect() -> None:
    product = a_product()
    ending = accepted(a_body(a_disconnection(product.id)), 2, products=(product,))
    items = (accepted().order.items[0], ending.order.items[0])

    assert [(each.ordered.action, each.ordered.business_action, each.effect) for each in items] == [
        (Action.ADD, "new", ProductEffect.CREATES),
        (Action.DELETE, "disconnect", ProductEffect.ENDS),
    ]


def test_the_end_of_an_order_is_published_with_the_business_action_of_each_product() -> None:
    order = accepted()
    outcome = advance_order_and_products(
        order.order, order.progress, {}, service_completed(order), NOON
    )

    (message,) = outcome.messages
    assert isinstance(message, OrderCompleted)
    assert [each.business_action for each in message.products] == ["new"]


async def test_blueprints_of_actions_of_later_versions_do_not_deliver(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    names = (("add", "port-in"), ("delete", "disconnect"))
    blueprints = tuple(
        BlueprintName(specification="cable", action=Action(tmf), business_action=name, version=1)
        for tmf, name in names
    )
    consume(stocked, SUBSCRIPTIONS, BlueprintsPublished(owner_tenant=TENANT, blueprints=blueprints))

    answer = await publish(client, as_role("ops"), a_publication())

    (fault,) = answer.json()["errors"]
    assert (fault["code"], "cable/new" in fault["remedy"]) == ("not-deliverable", True)
