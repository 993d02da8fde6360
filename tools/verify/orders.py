"""Invariants about orders."""

from collections.abc import Iterator

import msgspec

from tools.verify.evidence import FINAL, Evidence

CheckResult = str | None
"""What is wrong with one thing that was looked at; None if nothing is."""

OPEN_FALLOUT = "SELECT order_id, code, reason FROM fallout WHERE state IN ('open', 'retried')"
ORDERS_WITH_PROGRESS = """
    SELECT o.id, p.state, p.items, s.external_id
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
"""An order that was accepted anew after a restore may stand for the one that was there before."""

PLANS = "SELECT order_id FROM plans"
ORDERS_BY_EXTERNAL_ID = """
    SELECT external_id, count(DISTINCT order_id) AS orders
    FROM submissions WHERE external_id IS NOT NULL
    GROUP BY tenant, client, external_id
"""
PRODUCTS = "SELECT id, party_id, service_id, number FROM products WHERE status <> 'terminated'"
_decode = msgspec.json.decode


def every_201_is_there(evidence: Evidence) -> Iterator[CheckResult]:
    """Look for every order that a caller was told is accepted."""
    known = {row.id: row.external_id for row in evidence.rows("order", ACCEPTED_SUBMISSIONS)}
    for posted in evidence.posted:
        if posted.order_id not in known:
            yield f"order {posted.order_id} was answered with 201 and is not there"
        elif posted.external_id not in {"", known[posted.order_id]}:
            yield f"order {posted.order_id} is there under another externalId"
        else:
            yield None


def every_order_has_ended(evidence: Evidence) -> Iterator[CheckResult]:
    """See that each order came to an end, or waits for people with a reason."""
    waiting = {row.order_id: row for row in evidence.rows("provisioning", OPEN_FALLOUT)}
    for row in evidence.rows("order", ORDERS_WITH_PROGRESS):
        fallout = waiting.get(row.id)
        asks_people = row.state == "held" and fallout and fallout.code and fallout.reason
        if row.state in FINAL or asks_people:
            yield None
        else:
            yield f"order {row.id} is {row.state or 'without a state'}, and nobody is asked to look"


def items_agree_with_their_order(evidence: Evidence) -> Iterator[CheckResult]:
    """See that an order was fulfilled as a whole or not at all."""
    for row in evidence.rows("order", ORDERS_WITH_PROGRESS):
        states = {item[1] for item in _decode(row.items)} if row.items else set()
        agree = states == {row.state}
        yield None if agree else f"order {row.id} is {row.state}, its items are {sorted(states)}"


def every_order_has_a_plan(evidence: Evidence) -> Iterator[CheckResult]:
    """See that an order that was told to be accepted was planned."""
    planned = {row.order_id for row in evidence.rows("provisioning", PLANS)}
    for order_id in evidence.expected_state.accepted:
        yield None if order_id in planned else f"order {order_id} has no plan"


def one_order_for_each_external_id(evidence: Evidence) -> Iterator[CheckResult]:
    """See that nothing was ordered twice under one name."""
    for row in evidence.rows("order", ORDERS_BY_EXTERNAL_ID):
        yield None if row.orders == 1 else f"{row.external_id} names {row.orders} orders"


def every_end_was_published_once(evidence: Evidence) -> Iterator[CheckResult]:
    """Hold what the order service told against what it has."""
    expected_state = evidence.expected_state
    for order_id, state in evidence.states.items():
        told, times = expected_state.state_of(order_id), expected_state.times_ended.get(order_id, 0)
        if order_id not in expected_state.accepted:
            yield f"nobody was told of order {order_id}"
        elif (state if state in FINAL else "") != told or times > 1:
            yield f"order {order_id} is {state}, and was told {times} times to be {told or 'open'}"
        else:
            yield None


def installed_base_is_what_was_completed(evidence: Evidence) -> Iterator[CheckResult]:
    """Hold the installed base against the fold of all completions."""
    expected_state = evidence.expected_state
    expected = {
        id_: (expected_state.owner_of(id_), each.service_id, each.number)
        for id_, each in expected_state.products.items()
    }
    found = {
        row.id: (row.party_id, row.service_id, row.number)
        for row in evidence.rows("order", PRODUCTS)
    }
    for id_ in sorted(expected.keys() | found.keys()):
        same = expected.get(id_) == found.get(id_)
        yield None if same else f"product {id_} is in the installed base not as it was completed"
