"""Invariant about identities: what counts for them follows from orders and products."""

from collections.abc import Iterator
from typing import Any, TypeAlias
from uuid import UUID

import msgspec

from tools.verify.orders import CheckResult
from tools.verify.stack_data import FINAL, StackData

ORDERS = """
    SELECT o.id, o.tenant, o.party_id, o.content, p.state
    FROM orders o JOIN order_progress p ON p.order_id = o.id
    ORDER BY o.id
"""
PRODUCTS = "SELECT id, party_id FROM products WHERE status <> 'terminated'"
HOLDINGS = "SELECT tenant, identity, counts_as, product_id, order_id FROM identity_holdings"

HoldingKey: TypeAlias = tuple[str, str, str, UUID, UUID]
"""Tenant, identity, group, product and order."""


def identities_hold_what_orders_gave(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that the products that count for identities are those that orders gave them."""
    expected = set(expected_holdings(stack_data))
    found = {tuple(row) for row in stack_data.rows("order", HOLDINGS)}
    for key in sorted(expected | found, key=str):
        has = "lacks" if key in expected else "has"
        yield None if key in expected & found else f"the count {has} product {key[3]}"


def expected_holdings(stack_data: StackData) -> Iterator[HoldingKey]:
    """Yield what the open orders give, and of each product what the last completed order gave."""
    holders = {row.id: row.party_id for row in stack_data.rows("order", PRODUCTS)}
    given: dict[UUID, HoldingKey] = {}
    for row in stack_data.rows("order", ORDERS):
        content = msgspec.json.decode(row.content)
        for key in given_by(row, content):
            if row.state not in FINAL and key[1]:
                yield key
            elif row.state == "completed" and holders.get(key[3]) == row.party_id:
                given[key[3]] = key
    yield from (each for each in given.values() if each[1])


def given_by(row: Any, content: dict[str, Any]) -> Iterator[HoldingKey]:  # noqa: ANN401  a row
    """Yield what an order gives; the identity is empty if it has none or was erased."""
    identity = next(
        (each["identity"] for each in content.get("real_name_checks", ()) if "identity" in each), ""
    )
    for item in content["items"]:
        if group := item.get("counts_as"):
            product = UUID(item["ordered"]["product_id"])
            yield row.tenant, identity, group, product, row.id
