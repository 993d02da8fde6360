"""Invariants about orders."""

from collections.abc import Iterator

import msgspec

from tools.verify.stack_data import FINAL, StackData

CheckResult = str | None
"""The fault of one thing that was checked; None if it has none."""

OPEN_FALLOUT = "SELECT order_id, code, reason FROM fallout WHERE state IN ('open', 'retried')"
ORDERS_WITH_PROGRESS = """
    SELECT o.id, p.state, p.items, s.external_id, EXISTS (
        SELECT FROM awaited_products a JOIN products x ON x.id = a.product_id
        WHERE a.order_id = o.id AND x.open_order_id IS NOT NULL
    ) AS waits
    FROM orders o
    LEFT JOIN order_progress p ON p.order_id = o.id
    LEFT JOIN submissions s ON s.id = o.id
"""
ACCEPTED_SUBMISSIONS = """
    SELECT s.id, first.external_id
    FROM submissions s
    JOIN submissions first ON first.id = s.order_id
    JOIN orders o ON o.id = s.order_id
"""
"""After a restore, an order that was accepted again may replace the earlier one."""

PLANS = "SELECT order_id FROM plans"
ORDERS_BY_EXTERNAL_ID = """
    SELECT external_id, count(DISTINCT order_id) AS orders
    FROM submissions WHERE external_id IS NOT NULL
    GROUP BY tenant, client, external_id
"""
PRODUCTS = """
    SELECT id, party_id, service_id, number, offering_id FROM products
    WHERE status <> 'terminated'
"""
_decode = msgspec.json.decode


def every_201_is_there(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that every order that was answered with 201 is stored."""
    known = {row.id: row.external_id for row in stack_data.rows("order", ACCEPTED_SUBMISSIONS)}
    for posted in stack_data.posted:
        if posted.order_id not in known:
            yield f"order {posted.order_id} was answered with 201 and is not stored"
        elif posted.external_id not in {"", known[posted.order_id]}:
            yield f"order {posted.order_id} is stored with another externalId"
        else:
            yield None


def orders_ended_or_in_fallout(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that each order has ended, is held with a reason in fallout, or waits for another."""
    waiting = {row.order_id: row for row in stack_data.rows("provisioning", OPEN_FALLOUT)}
    for row in stack_data.rows("order", ORDERS_WITH_PROGRESS):
        fallout = waiting.get(row.id)
        in_fallout = row.state == "held" and fallout and fallout.code and fallout.reason
        if row.state in FINAL or in_fallout or (row.state == "pending" and row.waits):
            yield None
        else:
            yield f"order {row.id} is {row.state or 'without a state'}, and not in fallout"


def items_agree_with_their_order(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that all items of an order have the order's state."""
    for row in stack_data.rows("order", ORDERS_WITH_PROGRESS):
        states = {item[1] for item in _decode(row.items)} if row.items else set()
        agree = states == {row.state}
        yield None if agree else f"order {row.id} is {row.state}, its items are {sorted(states)}"


def every_order_has_a_plan(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that every order whose acceptance was published has a plan."""
    planned = {row.order_id for row in stack_data.rows("provisioning", PLANS)}
    for order_id in stack_data.expected_state.accepted:
        yield None if order_id in planned else f"order {order_id} has no plan"


def one_order_for_each_external_id(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that no externalId of a client has two orders."""
    for row in stack_data.rows("order", ORDERS_BY_EXTERNAL_ID):
        yield None if row.orders == 1 else f"{row.external_id} names {row.orders} orders"


def every_state_was_published(stack_data: StackData) -> Iterator[CheckResult]:
    """Check the published states of orders, and that each end was published once.

    Of an order of a version that did not publish its states, only the end is checked.
    """
    expected_state = stack_data.expected_state
    for order_id, state in stack_data.states.items():
        accepted = expected_state.terms_of(order_id)
        published = expected_state.state_of(order_id)
        times = expected_state.times_ended.get(order_id, 0)
        if not accepted:
            yield f"the acceptance of order {order_id} was not published"
        elif times != (1 if state in FINAL else 0):
            yield f"order {order_id} is {state}, its end was published {times} times"
        elif state != published and (accepted.publishes_states or times):
            yield f"order {order_id} is {state}, the last published state is {published}"
        else:
            yield None


def installed_base_is_what_was_completed(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that the installed base equals the fold of all completions."""
    expected_state = stack_data.expected_state
    expected = {
        id_: (expected_state.owner_of(id_), each.service_id, each.number, each.offering_id)
        for id_, each in expected_state.products.items()
    }
    found = {
        row.id: (row.party_id, row.service_id, row.number, row.offering_id)
        for row in stack_data.rows("order", PRODUCTS)
    }
    for id_ in sorted(expected.keys() | found.keys()):
        same = expected.get(id_) == found.get(id_)
        yield None if same else f"product {id_} in the installed base differs from its completion"
