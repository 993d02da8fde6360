"""Invariants about products: their locks, and the services that realise them."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from shared.contracts import BAR_CHARACTERISTIC
from tools.verify.orders import CheckResult
from tools.verify.stack_data import FINAL, StackData

PRODUCTS = """
    SELECT id, service_id, status, content, coalesce(open_order_id,
           CASE status WHEN 'pendingTerminate' THEN ending_order_id END) AS locked_by
    FROM products
"""
BASES = "SELECT id, status, base_id FROM products"
SERVICES = "SELECT id, state, characteristics FROM services"
SERVICE_STATES = {"active": "active", "suspended": "inactive", "terminated": "terminated"}
"""The state of the service of a product, by the product's status; others belong to open orders."""

_decode = msgspec.json.decode


def products_are_locked_by_open_orders(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that a product is locked only while the order that changes or ends it is open."""
    for row in stack_data.rows("order", PRODUCTS):
        state = stack_data.states.get(row.locked_by, "unknown") if row.locked_by else ""
        is_locked = row.locked_by and state in FINAL | {"unknown"}
        yield (
            f"product {row.id} is locked by order {row.locked_by}, which is {state}"
            if is_locked
            else None
        )


def products_are_as_their_services(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that products and services agree on what is barred and on their characteristics."""
    services = {row.id: row for row in stack_data.rows("provisioning", SERVICES)}
    for row in stack_data.rows("order", PRODUCTS):
        service = services.get(row.service_id)
        if row.locked_by:
            yield None
        elif service is None or service.state != SERVICE_STATES[row.status]:
            found = service.state if service else "not in the inventory"
            yield f"product {row.id} is {row.status}, its service is {found}"
        elif values_of(_decode(row.content).get("characteristics", ())) != values_of(
            _decode(service.characteristics)
        ):
            yield f"product {row.id} and its service have other characteristics"
        else:
            yield None


def bases_are_in_use(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that a product that is not terminated relies on none that is, or that there is not."""
    rows = stack_data.rows("order", BASES)
    alive = {row.id for row in rows if row.status != "terminated"}
    for row in rows:
        lacks_base = row.id in alive and row.base_id and row.base_id not in alive
        yield f"product {row.id} relies on {row.base_id}, which has ended" if lacks_base else None


def values_of(characteristics: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return characteristics by name, without what is barred: a product has the reasons."""
    found = {each["name"]: each["value"] for each in characteristics}
    return {name: value for name, value in found.items() if name != BAR_CHARACTERISTIC}
