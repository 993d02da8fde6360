"""Invariants about the customers' views."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from urllib.parse import quote

from services.console.exits import CommandError
from services.console.invariants.chronicle import Chronicle
from services.console.invariants.evidence import Evidence
from services.console.invariants.orders import Verdict

MOST_VIEWS = 500
"""So many views are asked for; of more customers, evenly chosen ones."""

AT_ONCE = 8

OPEN = frozenset({"acknowledged", "inProgress", "held"})


def views_are_the_fold_of_what_was_told(evidence: Evidence) -> Iterator[Verdict]:
    """Ask for customers' views, and hold them against the fold of all messages."""
    expected = views(evidence.chronicle, evidence.tenant)
    customers = sorted(expected)
    chosen = customers[:: -(-len(customers) // MOST_VIEWS) or 1]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for customer, shown in zip(chosen, pool.map(partial(ask, evidence), chosen), strict=True):
            if isinstance(shown, str):
                yield f"the view of {customer} cannot be had: {shown}"
            else:
                wrong = differences(expected[customer], shown)
                yield from (f"the view of {customer}: {each}" for each in wrong)
            yield None


def ask(evidence: Evidence, customer: str) -> dict[str, Any] | str:
    """Return the view of a customer, or why it cannot be had."""
    try:
        path = f"/ops/v1/customers/{quote(customer, safe='')}/view"
        shown: dict[str, Any] = evidence.viewer.get("customer", path)
    except CommandError as error:
        return str(error)
    return shown


View = Mapping[str, Mapping[str, str]]
"""Orders with their states, products with their numbers, things held with their kinds."""


def views(chronicle: Chronicle, tenant: str) -> Mapping[str, View]:
    """Return what the view of each of a tenant's customers must show."""
    found: dict[str, dict[str, dict[str, str]]] = defaultdict(
        lambda: {"orders": {}, "products": {}, "held": {}}
    )
    mine = {order_id for order_id, each in chronicle.tenants.items() if each == tenant}
    for order_id in mine:
        customer = chronicle.accepted[order_id].customer.id
        found[customer]["orders"][str(order_id)] = chronicle.state_of(order_id)
    for product_id, product in chronicle.products.items():
        if chronicle.origins[product_id] in mine:
            own = found[chronicle.owner_of(product_id)]
            own["products"][str(product_id)] = product.number
            service = chronicle.services.get(product.service_id)
            own["held"] |= {held.value: held.kind for held in service.held} if service else {}
    return found


def differences(expected: View, shown: dict[str, Any]) -> Iterator[str]:
    """Yield in which parts a view differs; lists that end early are passed over."""
    orders = {each["id"]: each["state"] for each in shown["orders"]}
    as_told = {id_: "" if state in OPEN else state for id_, state in orders.items()}
    products = {each["id"]: each.get("number") or "" for each in shown["products"]}
    things = [*shown["numbers"], *shown["lines"]]
    held = {each["value"]: each["kind"] for each in things if each["state"] == "inUse"}
    for part, seen in {"orders": as_told, "products": products, "held": held}.items():
        if part not in shown["cutShort"] and expected[part] != seen:
            yield f"{part} are not what was told"
