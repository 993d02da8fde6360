"""Invariants about numbers and line plant."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from tools.verify.evidence import FINAL, Evidence
from tools.verify.orders import CheckResult

HELD = """
    SELECT 'number' AS kind, e164 AS value, state, order_id, service_id
    FROM numbers WHERE service_id IS NOT NULL
    UNION ALL
    SELECT kind, value, state, order_id, service_id
    FROM pool_items WHERE service_id IS NOT NULL
"""
POOLS = """
    SELECT p.kind, p.name, p.capacity, coalesce(i.items, 0) AS items
    FROM pools p
    LEFT JOIN (
        SELECT tenant, kind, pool, count(*) AS items FROM pool_items GROUP BY tenant, kind, pool
        UNION ALL
        SELECT tenant, 'number', exchange_id, count(*) FROM numbers GROUP BY tenant, exchange_id
    ) AS i ON (i.tenant, i.kind, i.pool) = (p.tenant, p.kind, p.name)
"""
SEGMENTS = """
    SELECT s.id, s.count, n.numbers
    FROM segments s
    CROSS JOIN LATERAL (
        SELECT count(*) AS numbers FROM numbers
        WHERE tenant = s.tenant AND e164 >= s.first AND e164 <= s.last
    ) AS n
"""
STATES = """
    SELECT e164 AS value, state, service_id IS NOT NULL AS is_held FROM numbers
    WHERE state <> 'idle'
    UNION ALL
    SELECT kind || ' ' || value, state, service_id IS NOT NULL FROM pool_items
    WHERE state <> 'free'
"""
STATES_WITH_HOLDER = frozenset({"reserved", "in_use", "pending_release", "pre_released"})
TRANSITIONAL_STATES = frozenset({"reserved", "pending_release", "pre_released"})
"""States that last as long as an order is open."""


class ResourceKey(NamedTuple):
    """A number or pool item."""

    kind: str
    value: str


def every_resource_has_one_holder(evidence: Evidence) -> Iterator[CheckResult]:
    """See that nothing is held by two services, by what the others believe as well."""
    holders: dict[ResourceKey, set[UUID]] = defaultdict(set)
    for service in evidence.expected_state.services.values():
        for held in service.held:
            holders[ResourceKey(held.kind, held.value)].add(service.service_id)
    for row in evidence.rows("resources", HELD):
        holders[ResourceKey(row.kind, row.value)].add(row.service_id)
    for thing, services in holders.items():
        shared = f"{thing.kind} {mask(thing)} has {len(services)} holders"
        yield shared if len(services) > 1 else None


def nothing_is_reserved_for_an_ended_order(evidence: Evidence) -> Iterator[CheckResult]:
    """See that what is on its way to or from a customer belongs to an open order."""
    for row in evidence.rows("resources", HELD):
        state = evidence.states.get(row.order_id, "unknown")
        if row.state in TRANSITIONAL_STATES and state in FINAL | {"unknown"}:
            yield f"a {row.kind} is {row.state} for order {row.order_id}, which is {state}"
        else:
            yield None


def services_hold_what_resources_say(evidence: Evidence) -> Iterator[CheckResult]:
    """Hold what completed orders were given against the inventory, both ways."""
    given = {
        (service.service_id, ResourceKey(held.kind, held.value))
        for service in evidence.expected_state.services.values()
        for held in service.held
    }
    ending = {
        row.service_id
        for row in evidence.rows("resources", HELD)
        if row.state in TRANSITIONAL_STATES
    }
    held = {
        (row.service_id, ResourceKey(row.kind, row.value))
        for row in evidence.rows("resources", HELD)
        if row.state == "in_use"
    }
    agreed = given & held
    for service_id, thing in sorted(given | held):
        if (service_id, thing) in agreed or service_id in ending:
            yield None
        else:
            who = "resources" if (service_id, thing) in held else "the completed order"
            yield f"only {who} says that service {service_id} has {thing.kind} {mask(thing)}"


def pools_add_up(evidence: Evidence) -> Iterator[CheckResult]:
    """See that every pool has as many things, in whatever state, as were put in."""
    for row in evidence.rows("resources", POOLS):
        is_whole = row.items == row.capacity
        yield None if is_whole else f"{row.kind} pool {row.name}: {row.items} of {row.capacity}"
    for row in evidence.rows("resources", SEGMENTS):
        is_whole = row.numbers == row.count
        yield None if is_whole else f"segment {row.id}: {row.numbers} of {row.count} numbers"


def states_and_holders_agree(evidence: Evidence) -> Iterator[CheckResult]:
    """See that what is held has a holder, and what is not has none."""
    for row in evidence.rows("resources", STATES):
        holder = "a holder" if row.is_held else "no holder"
        agree = (row.state in STATES_WITH_HOLDER) == row.is_held
        yield None if agree else f"something is {row.state} and has {holder}"


def mask(thing: ResourceKey) -> str:
    """Return a thing's name, of a number only the end: what is found may be printed."""
    return f"...{thing.value[-4:]}" if thing.kind == "number" else thing.value
