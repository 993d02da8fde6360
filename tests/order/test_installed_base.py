"""The installed base: the products of completed orders, and their disconnection."""

from dataclasses import replace
from uuid import UUID

import pytest

from services.order.domain.acceptance.acceptance import AcceptedOrder
from services.order.domain.fulfilment.installed_base import terminate_product
from services.order.domain.fulfilment.order_end import FulfilmentUpdate, advance_order_and_products
from services.order.domain.fulfilment.product import Product, ProductStatus
from services.order.domain.fulfilment.product_locks import lock
from services.order.domain.fulfilment.progress import advance
from shared.contracts import (
    Action,
    OrderCompleted,
    OrderFailed,
    OrderRejected,
    OrderState,
    OrderStateChanged,
    RefusalCode,
)
from shared.errors import ConflictError, PoisonError
from tests.conftest import NOON
from tests.order.builders import (
    ADDRESS,
    NUMBER,
    a_body,
    a_bundle,
    a_disconnection,
    a_product,
    accepted,
    an_item,
    faults_of,
    order_id,
    resources_assigned,
    resources_refused,
    service_completed,
    service_failed,
)

AT = "/productOrderItem/0/product/id"


def done(order: AcceptedOrder, *disconnected: Product) -> FulfilmentUpdate:
    """Return the update by an order that completes."""
    products = {product.id: product for product in disconnected}
    return advance_order_and_products(
        order.order, order.progress, products, service_completed(order), NOON
    )


def a_bundle_of_products() -> tuple[Product, ...]:
    return done(accepted(a_body(a_bundle()))).created


def test_a_completed_order_makes_its_products() -> None:
    order = accepted(a_body(an_item("1", "voice-basic"), billingAccount={"id": "acc-7"}))

    outcome = done(order)

    (product,) = outcome.created
    assert (product.status, product.number, product.party_id) == (
        ProductStatus.ACTIVE,
        NUMBER,
        "C-1",
    )
    assert product.id == order.order.items[0].ordered.product_id
    assert product.service_id == order.order.items[0].ordered.service_id
    assert (product.content.address_id, product.content.account_id) == (ADDRESS, "acc-7")
    (message,) = outcome.messages
    assert isinstance(message, OrderCompleted)
    (held,) = message.products
    assert (held.product_id, held.number, held.monthly_cents) == (product.id, NUMBER, 1500)


def test_the_products_of_a_bundle_know_each_other() -> None:
    fibre, telephone = a_bundle_of_products()

    assert fibre.bundle_id == telephone.bundle_id is not None
    assert fibre.content.bundle == "home-300"


def test_a_disconnection_is_published_as_the_product_that_it_ends() -> None:
    product = a_product()

    (item,) = accepted(a_body(a_disconnection(product.id)), 2, products=(product,)).message.items

    assert (item.action, item.business_action) == (Action.DELETE, "disconnect")
    assert (item.product_id, item.service_id) == (product.id, product.service_id)
    assert (item.specification, item.monthly_cents, item.one_off_cents) == ("voice", 0, 0)


def test_a_failed_disconnection_leaves_a_product_alone_that_another_order_has_ended() -> None:
    product = a_product()
    order = accepted(a_body(a_disconnection(product.id)), 2, products=(product,))
    taken = terminate_product(lock(product, order_id(3), is_ended=True), "request", NOON)

    outcome = advance_order_and_products(
        order.order, order.progress, {product.id: taken}, service_failed(2), NOON
    )

    assert outcome.changed == ()


def test_an_accepted_disconnection_claims_its_product_and_a_completed_one_ends_it() -> None:
    product = a_product()
    order = accepted(a_body(a_disconnection(product.id)), 2, products=(product,))

    (claimed,) = order.locked_products
    outcome = done(order, claimed)

    assert (claimed.status, claimed.ending_order_id) == (
        ProductStatus.PENDING_TERMINATE,
        order_id(2),
    )
    (gone,) = outcome.changed
    assert (gone.status, gone.ended_at) == (ProductStatus.TERMINATED, NOON)
    assert outcome.created == ()
    (message,) = outcome.messages
    assert isinstance(message, OrderCompleted)
    assert message.products[0].action is Action.DELETE
    assert message.products[0].number == NUMBER


@pytest.mark.parametrize(
    ("code", "state", "message_type"),
    [
        (RefusalCode.UNSERVED, OrderState.REJECTED, OrderRejected),
        ("none-free", OrderState.FAILED, OrderFailed),
    ],
)
def test_a_failed_or_rejected_disconnection_keeps_its_product(
    code: str, state: OrderState, message_type: type
) -> None:
    product = a_product()
    order = accepted(a_body(a_disconnection(product.id)), 2, products=(product,))
    claimed = {each.id: each for each in order.locked_products}

    outcome = advance_order_and_products(
        order.order, order.progress, claimed, service_failed(2, code), NOON
    )

    assert outcome.progress_update.progress.state is state
    assert outcome.changed == (product,)
    (message,) = outcome.messages
    assert isinstance(message, message_type)


def test_an_order_refused_in_a_later_step_has_failed_even_if_its_assignment_comes_late() -> None:
    order = accepted()
    failed = service_failed(code="unserved", step="1/more")

    outcome = advance_order_and_products(order.order, order.progress, {}, failed, NOON)

    assert order.progress.state is OrderState.ACKNOWLEDGED
    assert outcome.progress_update.progress.state is OrderState.FAILED


def test_a_refusal_of_a_later_step_does_not_reject_an_order() -> None:
    order = accepted()
    first = resources_refused(code=RefusalCode.UNSERVED)
    later = resources_refused(code=RefusalCode.UNSERVED, request_id="1/more")

    assert advance(order.progress, first, NOON).progress.state is OrderState.REJECTED
    assert advance(order.progress, later, NOON).progress.state is OrderState.IN_PROGRESS


def test_a_repeated_end_changes_and_publishes_nothing() -> None:
    order = accepted()
    rejected = advance(order.progress, resources_refused(code=RefusalCode.UNSERVED), NOON).progress

    outcome = advance_order_and_products(
        order.order, rejected, {}, service_failed(code="unserved"), NOON
    )

    assert outcome == FulfilmentUpdate(outcome.progress_update)
    assert outcome.progress_update.changes == ()


def test_a_completion_that_leaves_an_item_out_can_never_be_legal() -> None:
    order = accepted(a_body(an_item("1"), an_item("2")))
    completed = service_completed(order)
    halved = type(completed)(order_id=completed.order_id, services=completed.services[:1])

    with pytest.raises(PoisonError, match="without its items 2"):
        advance_order_and_products(order.order, order.progress, {}, halved, NOON)


def test_an_order_under_way_changes_no_product_and_its_state_alone_is_published() -> None:
    order = accepted()

    outcome = advance_order_and_products(
        order.order, order.progress, {}, resources_assigned(), NOON
    )

    assert outcome.progress_update.progress.state is OrderState.IN_PROGRESS
    assert (outcome.created, outcome.changed) == ((), ())
    (message,) = outcome.messages
    assert isinstance(message, OrderStateChanged)


def test_a_product_can_be_disconnected() -> None:
    product = a_product()

    assert faults_of(a_body(a_disconnection(product.id)), products=(product,)) == set()


@pytest.mark.parametrize(
    ("id_", "code"),
    [
        ("", "product-missing"),
        ("not-a-uuid", "product-unknown"),
        (str(UUID(int=1)), "product-unknown"),
    ],
)
def test_an_unknown_product_cannot_be_disconnected(id_: str, code: str) -> None:
    assert faults_of(a_body(a_disconnection(id_))) == {(AT, code)}


def test_a_product_of_another_customer_cannot_be_disconnected() -> None:
    product = replace(a_product(), party_id="C-2")

    assert faults_of(a_body(a_disconnection(product.id)), products=(product,)) == {
        (AT, "product-of-another")
    }


def test_a_product_of_another_tenant_is_not_there() -> None:
    product = replace(a_product(), tenant="zhejiang")

    assert faults_of(a_body(a_disconnection(product.id)), products=(product,)) == {
        (AT, "product-unknown")
    }


def test_a_terminated_product_cannot_be_disconnected() -> None:
    product = terminate_product(a_product(), "request", NOON)

    assert faults_of(a_body(a_disconnection(product.id)), products=(product,)) == {
        (AT, "product-terminated")
    }


def test_a_product_with_an_open_order_cannot_be_disconnected() -> None:
    product = lock(a_product(), order_id(9), is_ended=True)

    with pytest.raises(ConflictError, match="an open order disconnects the product") as refusal:
        accepted(a_body(a_disconnection(product.id)), 2, products=(product,))

    assert (refusal.value.code, str(order_id(9)) in refusal.value.remedy) == ("product-busy", True)


def test_a_product_cannot_be_disconnected_twice_in_one_order() -> None:
    product = a_product()
    body = a_body(a_disconnection(product.id), a_disconnection(product.id, "2"))

    assert faults_of(body, products=(product,)) == {
        ("/productOrderItem/1/product/id", "product-twice")
    }


def test_a_product_is_of_the_offering_that_it_was_ordered_as() -> None:
    product = a_product()
    item = a_disconnection(product.id) | {"productOffering": {"id": "ftth-300"}}

    assert faults_of(a_body(item), products=(product,)) == {
        ("/productOrderItem/0/productOffering/id", "offering-mismatch")
    }


def test_a_bundle_is_disconnected_as_a_whole() -> None:
    fibre, telephone = products = a_bundle_of_products()

    assert faults_of(a_body(a_disconnection(fibre.id)), products=products) == {(AT, "bundle-split")}
    whole = a_body(a_disconnection(fibre.id), a_disconnection(telephone.id, "2"))
    assert faults_of(whole, products=products) == set()


def test_the_rest_of_a_bundle_can_be_disconnected() -> None:
    fibre, telephone = a_bundle_of_products()
    products = (fibre, terminate_product(telephone, "request", NOON))

    assert faults_of(a_body(a_disconnection(fibre.id)), products=products) == set()


def test_a_bundle_is_disconnected_product_by_product() -> None:
    product = a_product()
    nested = {
        "id": "1",
        "action": "delete",
        "productOrderItem": [a_disconnection(product.id, "1.1")],
    }

    assert faults_of(a_body(nested), products=(product,)) == {
        ("/productOrderItem/0/productOrderItem", "nested-delete")
    }
