"""Changes of products: what an item may state, what it costs, and how it leaves its product."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from services.order.domain.acceptance.acceptance import AcceptedOrder, accept
from services.order.domain.acceptance.takeover import order_as_published
from services.order.domain.fulfilment.installed_base import products_after
from services.order.domain.fulfilment.order_end import advance_order_and_products
from services.order.domain.fulfilment.product import Product, ProductStatus
from services.order.domain.fulfilment.product_locks import lock
from shared.contracts import (
    BAR_CHARACTERISTIC,
    CompletedService,
    Held,
    OrderCompleted,
    ServiceCompleted,
)
from shared.errors import ConflictError, EarlyMessageError, InvalidError, PoisonError
from tests.conftest import NOON
from tests.order.builders import (
    ADDRESS,
    CATALOGUE,
    Json,
    a_body,
    a_bundle,
    a_fibre,
    a_placement,
    a_product,
    accepted,
    faults_of,
    order_id,
    read_order,
    service_completed,
    service_completed_for,
    service_failed,
)

ITEM = "/productOrderItem/0"


def a_change(changing: Product, action: str = "change", **item: Any) -> Json:
    """Return an order with an item that changes a product."""
    named = {"id": str(changing.id)} | item.pop("product", {})
    fields = {"id": "1", "action": "modify", "businessAction": action, "product": named}
    return a_body(fields | item)


def with_values(**values: Any) -> Json:
    """Return a product with characteristics."""
    return {"productCharacteristic": [{"name": n, "value": v} for n, v in values.items()]}


def at(address: str) -> Json:
    """Return a product at an address."""
    return {"place": [{"id": address, "role": "installation address"}]}


def changed(product: Product, body: Json, n: int = 2) -> tuple[AcceptedOrder, Product]:
    """Return an order that changes a product, and the product after its completion."""
    order = accepted(body, n, products=(product,))
    locked = {each.id: each for each in order.locked_products}
    services = service_completed(order)
    update = advance_order_and_products(order.order, order.progress, locked, services, NOON)
    (after,) = update.changed
    return order, after


def test_another_offering_changes_characteristics_and_price_and_nothing_else() -> None:
    before = a_fibre()

    order, after = changed(before, a_change(before, productOffering={"id": "ftth-1000"}))

    (item,) = order.message.items
    assert (item.action, item.business_action) == ("modify", "change")
    assert (item.offering_id, item.one_off_cents, item.monthly_cents) == ("ftth-1000", 0, 19900)
    assert (after.offering_id, after.content.monthly_cents) == ("ftth-1000", 19900)
    assert {each.name: each.value for each in after.content.characteristics}["speedMbps"] == 1000
    assert [each.price_id for each in after.content.charges] == ["ftth-1000-monthly"]
    assert after.latest_order_id == order_id(2)
    kept = ("id", "service_id", "order_id", "status", "started_at", "party_id", "client")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]


def test_a_completion_without_its_product_can_never_be_legal() -> None:
    before = a_fibre()
    order = accepted(a_change(before, productOffering={"id": "ftth-1000"}), 2, products=(before,))

    with pytest.raises(PoisonError, match="which does not exist"):
        products_after(order.order, {}, service_completed(order).services, NOON)


def test_a_product_is_locked_until_its_order_ends() -> None:
    before = a_fibre()
    order = accepted(a_change(before, productOffering={"id": "ftth-1000"}), 2, products=(before,))

    (locked,) = order.locked_products
    assert (locked.status, locked.busy_with) == (ProductStatus.ACTIVE, order_id(2))
    with pytest.raises(ConflictError) as refusal:
        accepted(a_change(locked, productOffering={"id": "ftth-100"}), 3, products=(locked,))
    assert (refusal.value.code, str(order_id(2)) in refusal.value.remedy) == ("product-busy", True)
    failed = advance_order_and_products(
        order.order, order.progress, {locked.id: locked}, service_failed(2), NOON
    )
    assert failed.changed == (before,)


@pytest.mark.parametrize(
    ("action", "item", "fault"),
    [
        ("change", {}, (f"{ITEM}/product", "nothing-changed")),
        ("change", {"product": with_values(speedMbps=300)}, (f"{ITEM}/product", "nothing-changed")),
        (
            "change",
            {"productOffering": {"id": "voice-basic"}},
            (f"{ITEM}/productOffering/id", "specification-mismatch"),
        ),
        (
            "change",
            {"productOffering": {"id": "no-such-thing"}},
            (f"{ITEM}/productOffering/id", "offering-unknown"),
        ),
        (
            "move",
            {"productOffering": {"id": "ftth-1000"}, "product": at("ADDR-9")},
            (f"{ITEM}/productOffering/id", "offering-mismatch"),
        ),
        ("move", {}, (f"{ITEM}/product/place", "address-missing")),
        ("move", {"product": at(ADDRESS)}, (f"{ITEM}/product/place", "nothing-changed")),
        (
            "change",
            {"productOffering": {"id": "ftth-1000"}, "product": at("ADDR-9")},
            (f"{ITEM}/product/place", "address-not-changed"),
        ),
        ("suspend", {}, (f"{ITEM}/suspensionReason", "suspension-reason-missing")),
        (
            "suspend",
            {"suspensionReason": "whim"},
            (f"{ITEM}/suspensionReason", "suspension-reason-unknown"),
        ),
        ("resume", {"suspensionReason": "lost"}, (f"{ITEM}/suspensionReason", "not-suspended")),
    ],
)
def test_what_an_item_cannot_change_is_named(
    action: str, item: Json, fault: tuple[str, str]
) -> None:
    product = a_fibre()

    assert faults_of(a_change(product, action, **item), products=(product,)) == {fault}


def test_a_characteristic_is_changed_by_its_own_action_alone() -> None:
    telephone = a_product()
    picked = {"product": with_values(number="+862580001999")}

    assert faults_of(a_change(telephone, "change-number", **picked), products=(telephone,)) == set()
    assert (
        f"{ITEM}/product/productCharacteristic/0/value",
        "characteristic-not-changed",
    ) in faults_of(a_change(telephone, "change", **picked), products=(telephone,))


def test_a_new_number_has_the_prices_of_its_grade() -> None:
    before = a_product()
    picked = with_values(number="+862580008888", numberGrade="AAAA")

    order, after = changed(before, a_change(before, "change-number", product=picked))
    _, plain = changed(after, a_change(after, "change-number"), 3)

    (item,) = order.message.items
    assert (item.one_off_cents, item.monthly_cents) == (500000, 38800)
    assert (after.content.monthly_cents, plain.content.monthly_cents) == (38800, 1500)
    assert plain.content.characteristics == ()
    without_number = a_change(before, "change-number", product=with_values(numberGrade="AAAA"))
    assert faults_of(without_number, products=(before,)) == {
        (f"{ITEM}/product/productCharacteristic", "characteristic-missing")
    }


def test_an_action_that_no_blueprint_carries_out_is_refused_with_those_that_are() -> None:
    product = a_fibre()
    blueprints = frozenset({("ftth", "new"), ("ftth", "disconnect"), ("voice", "change-number")})
    placement = a_placement(order_id(2))._replace(blueprints=blueprints)
    body = read_order(a_change(product, "change-number"))

    with pytest.raises(InvalidError) as refusal:
        accept(body, placement, CATALOGUE, {product.id: product})

    (fault,) = refusal.value.faults
    assert (fault.code, fault.remedy) == ("action-not-offered", "use one of: disconnect, new")


def test_the_number_after_a_change_is_the_one_that_was_assigned() -> None:
    before = a_product()
    order = accepted(a_change(before, "change-number"), 2, products=(before,))
    done = service_completed_for(order.message)
    services = [replace_held(each, "+862580009999") for each in done.services]
    locked = {each.id: each for each in order.locked_products}

    update = advance_order_and_products(
        order.order,
        order.progress,
        locked,
        ServiceCompleted(order_id=order_id(2), services=tuple(services)),
        NOON,
    )

    assert update.changed[0].number == "+862580009999"
    (message,) = update.messages
    assert isinstance(message, OrderCompleted)
    assert (message.products[0].number, message.products[0].monthly_cents) == (
        "+862580009999",
        before.content.monthly_cents,
    )


def replace_held(service: CompletedService, number: str) -> CompletedService:
    """Return a completed service that holds a number."""
    held = Held(kind="number", value=number)
    return msgspec.structs.replace(service, held=(held,))


def test_reasons_stack_and_the_strongest_decides_what_is_barred() -> None:
    product = a_fibre()
    bars = []
    steps = [
        ("suspend", "arrears-one-way"),
        ("suspend", "lost"),
        ("resume", "lost"),
        ("resume", "arrears-one-way"),
    ]
    statuses = []
    for n, (action, reason) in enumerate(steps, start=2):
        order, product = changed(product, a_change(product, action, suspensionReason=reason), n)
        values = {each.name: each.value for each in order.message.items[0].characteristics}
        bars.append(values[BAR_CHARACTERISTIC])
        statuses.append(product.status)

    assert bars == ["outgoing", "both", "outgoing", "none"]
    assert statuses == [ProductStatus.SUSPENDED] * 3 + [ProductStatus.ACTIVE]
    assert product == replace(a_fibre(), changed_order_id=order_id(5))


def test_a_suspended_product_can_be_resumed_suspended_again_and_disconnected_alone() -> None:
    _, product = changed(a_fibre(), a_change(a_fibre(), "suspend", suspensionReason="request"))

    assert faults_of(
        a_change(product, productOffering={"id": "ftth-1000"}), products=(product,)
    ) == {(f"{ITEM}/product/id", "product-suspended")}
    again = a_change(product, "suspend", suspensionReason="request")
    assert faults_of(again, products=(product,)) == {
        (f"{ITEM}/suspensionReason", "suspended-already")
    }
    locked = lock(product, order_id(3), is_ended=True)
    assert locked.status is ProductStatus.PENDING_TERMINATE
    order = accepted(
        a_body({"id": "1", "action": "delete", "product": {"id": str(product.id)}}),
        3,
        products=(product,),
    )
    failed = advance_order_and_products(
        order.order, order.progress, {locked.id: locked}, service_failed(3), NOON
    )
    assert failed.changed == (product,)


def test_a_member_of_a_bundle_keeps_its_offering() -> None:
    order = accepted(a_body(a_bundle()))
    members = products_after(order.order, {}, service_completed(order).services, NOON).created
    fibre = next(each for each in members if each.offering_id == "ftth-300")

    assert faults_of(a_change(fibre, productOffering={"id": "ftth-1000"}), products=members) == {
        (f"{ITEM}/productOffering/id", "bundle-member")
    }


def test_an_order_follows_the_one_that_changed_its_product_last() -> None:
    fibre = a_fibre()
    first, suspended = changed(fibre, a_change(fibre, "suspend", suspensionReason="lost"))
    second = accepted(
        a_change(suspended, "resume", suspensionReason="lost"), 3, products=(suspended,)
    )

    assert [each.message.items[0].follows for each in (first, second)] == [order_id(1), order_id(2)]


def test_an_order_is_taken_over_after_the_one_that_it_follows() -> None:
    """After a restore the end of the first may be consumed after the acceptance of the second."""
    fibre = a_fibre()
    _, suspended = changed(fibre, a_change(fibre, "suspend", suspensionReason="lost"))
    body = a_change(suspended, "resume", suspensionReason="lost")
    second = accepted(body, 3, products=(suspended,)).message

    with pytest.raises(EarlyMessageError, match=str(order_id(2))):
        order_as_published(second, "jiangsu", {fibre.id: fibre})
    taken_over = order_as_published(second, "jiangsu", {fibre.id: suspended})
    assert [each.busy_with for each in taken_over.locked_products] == [order_id(3)]
