"""A change of a product keeps to the dependencies between its characteristics."""

from dataclasses import replace
from typing import Any

from services.order.domain.catalogue.catalogue import Catalogue
from services.order.domain.fulfilment.installed_base import products_after
from services.order.domain.fulfilment.product import Product
from tests.conftest import NOON
from tests.order.builders import Json, a_body, accepted, an_item, found, service_completed
from tests.order.test_changes import a_change, with_values
from tests.order.test_characteristic_rules import (
    BACKUP,
    CABLE,
    CATALOGUE,
    FAST,
    VALUES_AT,
)


def a_fast_cable() -> Product:
    """Return a cable of 100 Mbit/s with a backup."""
    values: dict[str, Any] = {"rate": 100, "router": "r1", "backup": True}
    order = accepted(a_body(an_item("1", "cable-open", **values)), catalogue=CATALOGUE)
    return products_after(order.order, {}, service_completed(order).services, NOON).created[0]


def values_after(body: Json, product: Product, catalogue: Catalogue = CATALOGUE) -> Json:
    """Return the characteristics of a product after an order."""
    order = accepted(body, 2, catalogue=catalogue, products=(product,))
    (item,) = order.message.items
    return {each.name: each.value for each in item.characteristics}


def test_a_product_loses_what_its_new_values_do_not_allow() -> None:
    product = a_fast_cable()

    after = values_after(a_change(product, product=with_values(rate=50)), product)

    assert after == {"rate": 50, "router": "r1"}


def test_what_an_item_states_is_not_taken_away_but_refused() -> None:
    product = a_fast_cable()
    body = a_change(product, product=with_values(rate=50, backup=True))

    (fault,) = found(body, CATALOGUE, (product,))

    assert (fault.field, fault.code) == (VALUES_AT, "characteristic-not-allowed")


def test_a_change_gives_what_the_new_values_require() -> None:
    order = accepted(a_body(an_item("1", "cable-open", rate=50)), catalogue=CATALOGUE)
    product = products_after(order.order, {}, service_completed(order).services, NOON).created[0]

    (fault,) = found(a_change(product, product=with_values(rate=100)), CATALOGUE, (product,))

    assert (fault.field, fault.code) == (VALUES_AT, "characteristic-missing")
    both = a_change(product, product=with_values(rate=100, router="r2"))
    assert values_after(both, product) == {"rate": 100, "router": "r2"}


def test_a_move_changes_nothing_although_a_later_version_would_not_allow_it() -> None:
    product = a_fast_cable()
    slow = replace(BACKUP, allowed_when=(replace(FAST, values=(50,)),))
    required = replace(CABLE.characteristics[1], required=True)
    later = replace(CABLE, version=2, characteristics=(CABLE.characteristics[0], required, slow))
    catalogue = Catalogue.of((CABLE, later), CATALOGUE.offerings)
    place = {"place": [{"id": "addr-2", "role": "installation address"}]}

    after = values_after(a_change(product, "move", product=place), product, catalogue)

    assert after == {"rate": 100, "router": "r1", "backup": True}
