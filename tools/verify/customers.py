"""Invariants about the customers' views."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from urllib.parse import quote
from uuid import UUID

from services.console.errors import CommandError
from tools.verify.expected_state import ExpectedState
from tools.verify.orders import CheckResult
from tools.verify.stack_data import StackData

MAX_VIEWS = 500
"""The most views that are queried; of more customers, an evenly spaced sample."""

AT_ONCE = 8


def views_match_messages(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that customers' views equal the fold of all messages, and the orders their states."""
    expected = expected_views(stack_data.expected_state, stack_data.states, stack_data.tenant)
    customers = sorted(expected)
    chosen = customers[:: -(-len(customers) // MAX_VIEWS) or 1]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for customer, shown in zip(
            chosen, pool.map(partial(fetch_view, stack_data), chosen), strict=True
        ):
            if isinstance(shown, str):
                yield f"the view of {customer} cannot be read: {shown}"
            else:
                wrong = differences(expected[customer], shown)
                yield from (f"the view of {customer}: {each}" for each in wrong)
            yield None


def fetch_view(stack_data: StackData, customer: str) -> dict[str, Any] | str:
    """Return the view of a customer, or the error if it cannot be read."""
    try:
        path = f"/ops/v1/customers/{quote(customer, safe='')}/view"
        shown: dict[str, Any] = stack_data.viewer.get("customer", path)
    except CommandError as error:
        return str(error)
    return shown


ExpectedView = Mapping[str, Mapping[str, str]]
"""Orders with their states, products with their numbers, holdings with their kinds."""


def expected_views(
    expected_state: ExpectedState, states: Mapping[UUID, str], tenant: str
) -> Mapping[str, ExpectedView]:
    """Return the expected view of each of a tenant's customers.

    Args:
        expected_state: the fold of all messages.
        states: the states of the orders in the order service's database.
        tenant: the tenant.
    """
    found: dict[str, dict[str, dict[str, str]]] = defaultdict(
        lambda: {"orders": {}, "products": {}, "held": {}}
    )
    mine = {order_id for order_id, each in expected_state.tenants.items() if each == tenant}
    for order_id in mine:
        terms = expected_state.terms_of(order_id)
        assert terms
        customer = terms.customer.id
        found[customer]["orders"][str(order_id)] = states.get(
            order_id, expected_state.state_of(order_id)
        )
    for product_id, product in expected_state.products.items():
        if expected_state.origins[product_id] in mine:
            own = found[expected_state.owner_of(product_id)]
            own["products"][str(product_id)] = product.number
            service = expected_state.services.get(product.service_id)
            own["held"] |= {held.value: held.kind for held in service.held} if service else {}
    return found


SOURCES = {
    "orders": "the order service's states",
    "products": "the messages",
    "held": "the messages",
}
"""What each part of a view is compared with."""


def differences(expected: ExpectedView, shown: dict[str, Any]) -> Iterator[str]:
    """Yield the parts in which a view differs; lists that are cut short are skipped."""
    orders = {each["id"]: each["state"] for each in shown["orders"]}
    products = {each["id"]: each.get("number") or "" for each in shown["products"]}
    resources = [*shown["numbers"], *shown["lines"]]
    held = {each["value"]: each["kind"] for each in resources if each["state"] == "inUse"}
    for part, found in {"orders": orders, "products": products, "held": held}.items():
        if part not in shown["cutShort"] and expected[part] != found:
            yield f"{part} differ from {SOURCES[part]}"
