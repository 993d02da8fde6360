"""Invariants about current states: each equals the last in the history, so no change is missing."""

from collections.abc import Iterable, Iterator
from typing import LiteralString, NamedTuple

import msgspec

from tools.verify.orders import CheckResult
from tools.verify.resource_kinds import printable_name
from tools.verify.stack_data import StackData

LAST: LiteralString = """
    SELECT DISTINCT ON (kind, subject, part) kind, subject, part, became FROM history
    WHERE kind IN ('order', 'item', 'step') ORDER BY kind, subject, part, position DESC
"""
LAST_OF_PLANT: LiteralString = """
    SELECT DISTINCT ON (kind, subject) kind, subject, '' AS part, became FROM history
    ORDER BY kind, subject, position DESC
"""
"""The same for numbers and plant, whose `part` is the order."""

ORDERS = "SELECT order_id, state, items FROM order_progress"
PLANS = "SELECT order_id, steps FROM plans"
PLANT: LiteralString = """
    SELECT 'number' AS kind, e164 AS value, state FROM numbers
    WHERE state NOT IN ('idle', 'planned', 'blocked')
       OR e164 IN (SELECT subject FROM history)
    UNION ALL
    SELECT kind, value, state FROM pool_items
    WHERE state NOT IN ('free', 'faulty')
       OR (kind, value) IN (SELECT kind, subject FROM history)
"""
"""Numbers and plant that have not changed since their import have no history."""

INITIAL_STATES = {"step": "waiting"}
"""The states of things that have no history yet."""


class CurrentState(NamedTuple):
    """The current state of one thing."""

    kind: str
    subject: str
    part: str
    state: str


def every_state_is_in_the_history(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that the states of orders, items, steps, numbers and plant are the last in history."""
    yield from check_against_history(stack_data, "order", LAST, order_and_item_states(stack_data))
    yield from check_against_history(stack_data, "provisioning", LAST, steps(stack_data))
    yield from check_against_history(stack_data, "resources", LAST_OF_PLANT, plant(stack_data))


def check_against_history(
    stack_data: StackData,
    service: str,
    last_changes: LiteralString,
    current: Iterable[CurrentState],
) -> Iterator[CheckResult]:
    """Yield for each current state None, or a fault if the last change in history is another.

    Args:
        stack_data: access to the databases.
        service: whose history it is.
        last_changes: the query for the last change of each thing.
        current: the current states.
    """
    rows = stack_data.rows(service, last_changes)
    last = {(row.kind, row.subject, row.part): row.became for row in rows}
    for kind, subject, part, state in current:
        expected = last.get((kind, subject, part), INITIAL_STATES.get(kind, "nothing"))
        name = printable_name(kind, subject, part)
        yield None if expected == state else f"{name} is {state}, the history says {expected}"


def order_and_item_states(stack_data: StackData) -> Iterator[CurrentState]:
    """Yield the current state of every order and item."""
    for row in stack_data.rows("order", ORDERS):
        yield CurrentState("order", str(row.order_id), "", row.state)
        for id_, state, *_ in msgspec.json.decode(row.items):
            yield CurrentState("item", str(row.order_id), id_, state)


def steps(stack_data: StackData) -> Iterator[CurrentState]:
    """Yield the current state of every step."""
    for row in stack_data.rows("provisioning", PLANS):
        for step in msgspec.json.decode(row.steps):
            item, name = step.get("item_id", ""), step["blueprint"]["name"]
            part = f"{item}/{name}" if item else name
            yield CurrentState(
                "step", str(row.order_id), part, step.get("state", INITIAL_STATES["step"])
            )


def plant(stack_data: StackData) -> Iterator[CurrentState]:
    """Yield the current state of every number and pool item that was ever changed."""
    for row in stack_data.rows("resources", PLANT):
        yield CurrentState(row.kind, row.value, "", row.state)
