"""Invariants about numbers and line plant."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from tools.verify.orders import CheckResult
from tools.verify.resource_kinds import PERSONAL_KINDS
from tools.verify.stack_data import FINAL, StackData

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
"""States that exist only while an order is open."""


class ResourceKey(NamedTuple):
    """A number or pool item."""

    kind: str
    value: str


def every_resource_has_one_holder(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that no resource has two holders, in the inventory and in the other services."""
    holders: dict[ResourceKey, set[UUID]] = defaultdict(set)
    for service in stack_data.expected_state.services.values():
        for held in service.held:
            holders[ResourceKey(held.kind, held.value)].add(service.service_id)
    for row in stack_data.rows("resources", HELD):
        holders[ResourceKey(row.kind, row.value)].add(row.service_id)
    for key, services in holders.items():
        shared = f"{key.kind} {printable_value(key)} has {len(services)} holders"
        yield shared if len(services) > 1 else None


def nothing_is_reserved_for_an_ended_order(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that resources in transitional states belong to open orders."""
    for row in stack_data.rows("resources", HELD):
        state = stack_data.states.get(row.order_id, "unknown")
        if row.state in TRANSITIONAL_STATES and state in FINAL | {"unknown"}:
            yield f"a {row.kind} is {row.state} for order {row.order_id}, which is {state}"
        else:
            yield None


def services_hold_what_resources_say(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that the holdings of completed services and the inventory are equal."""
    completed = {
        (service.service_id, ResourceKey(held.kind, held.value))
        for service in stack_data.expected_state.services.values()
        for held in service.held
    }
    changing = {
        row.service_id
        for row in stack_data.rows("resources", HELD)
        if row.state in TRANSITIONAL_STATES
    }
    held = {
        (row.service_id, ResourceKey(row.kind, row.value))
        for row in stack_data.rows("resources", HELD)
        if row.state == "in_use"
    }
    agreed = completed & held
    for service_id, key in sorted(completed | held):
        if (service_id, key) in agreed or service_id in changing:
            yield None
        else:
            source = "the inventory" if (service_id, key) in held else "the completed order"
            yield f"only {source} has {key.kind} {printable_value(key)} for service {service_id}"


def pools_add_up(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that every pool and segment has its full count of items, in any state."""
    for row in stack_data.rows("resources", POOLS):
        is_complete = row.items == row.capacity
        yield None if is_complete else f"{row.kind} pool {row.name}: {row.items} of {row.capacity}"
    for row in stack_data.rows("resources", SEGMENTS):
        is_complete = row.numbers == row.count
        yield None if is_complete else f"segment {row.id}: {row.numbers} of {row.count} numbers"


def states_and_holders_agree(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that a resource has a holder if and only if its state requires one."""
    for row in stack_data.rows("resources", STATES):
        holder = "a holder" if row.is_held else "no holder"
        agree = (row.state in STATES_WITH_HOLDER) == row.is_held
        yield None if agree else f"a number or pool item is {row.state} and has {holder}"


def printable_value(key: ResourceKey) -> str:
    """Return a resource's value for printing; if it identifies a customer, only its end."""
    return f"...{key.value[-4:]}" if key.kind in PERSONAL_KINDS else key.value
