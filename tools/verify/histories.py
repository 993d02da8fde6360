"""Invariants about where things stand: the history says the same, so no change went unnoted."""

from collections.abc import Iterable, Iterator
from typing import LiteralString, NamedTuple

import msgspec

from tools.verify.evidence import Evidence
from tools.verify.orders import CheckResult

LAST: LiteralString = """
    SELECT DISTINCT ON (kind, subject, part) kind, subject, part, became FROM history
    WHERE kind IN ('order', 'item', 'step') ORDER BY kind, subject, part, position DESC
"""
LAST_OF_PLANT: LiteralString = """
    SELECT DISTINCT ON (kind, subject) kind, subject, '' AS part, became FROM history
    WHERE kind IN ('number', 'leg', 'vlan', 'loid', 'pair') ORDER BY kind, subject, position DESC
"""
"""The same for numbers and plant, whose part names the order."""

ORDERS = "SELECT order_id, state, items FROM order_progress"
PLANS = "SELECT order_id, steps FROM plans"
PLANT: LiteralString = """
    SELECT 'number' AS kind, e164 AS value, state FROM numbers
    WHERE state NOT IN ('idle', 'planned', 'blocked')
       OR e164 IN (SELECT subject FROM history WHERE kind = 'number')
    UNION ALL
    SELECT kind, value, state FROM pool_items
    WHERE state NOT IN ('free', 'faulty')
       OR (kind, value) IN (SELECT kind, subject FROM history)
"""
"""What an import made, and nothing has befallen since, has no history of its own."""

INITIAL_STATES = {"step": "waiting"}
"""The states that things are in of which the history says nothing yet."""


class CurrentState(NamedTuple):
    """Where one thing stands."""

    kind: str
    subject: str
    part: str
    state: str


def every_state_is_in_the_history(evidence: Evidence) -> Iterator[CheckResult]:
    """See that orders, items, steps, numbers and plant stand where the history has them last."""
    yield from compare_with_history(evidence, "order", LAST, orders_and_items(evidence))
    yield from compare_with_history(evidence, "provisioning", LAST, steps(evidence))
    yield from compare_with_history(evidence, "resources", LAST_OF_PLANT, plant(evidence))


def compare_with_history(
    evidence: Evidence, service: str, last: LiteralString, standing: Iterable[CurrentState]
) -> Iterator[CheckResult]:
    """Hold what stands against the last change that a service has noted of each."""
    noted = {(row.kind, row.subject, row.part): row.became for row in evidence.rows(service, last)}
    for kind, subject, part, state in standing:
        said = noted.get((kind, subject, part), INITIAL_STATES.get(kind, "nothing"))
        name = "a number" if kind == "number" else f"{kind} {subject} {part}".rstrip()
        yield None if said == state else f"{name} is {state}, the history says {said}"


def orders_and_items(evidence: Evidence) -> Iterator[CurrentState]:
    """Yield where every order and every item stands."""
    for row in evidence.rows("order", ORDERS):
        yield CurrentState("order", str(row.order_id), "", row.state)
        for id_, state, *_ in msgspec.json.decode(row.items):
            yield CurrentState("item", str(row.order_id), id_, state)


def steps(evidence: Evidence) -> Iterator[CurrentState]:
    """Yield where every step stands."""
    for row in evidence.rows("provisioning", PLANS):
        for step in msgspec.json.decode(row.steps):
            item, name = step.get("item_id", ""), step["blueprint"]["name"]
            part = f"{item}/{name}" if item else name
            yield CurrentState(
                "step", str(row.order_id), part, step.get("state", INITIAL_STATES["step"])
            )


def plant(evidence: Evidence) -> Iterator[CurrentState]:
    """Yield where every number and pool item stands that something has befallen."""
    for row in evidence.rows("resources", PLANT):
        yield CurrentState(row.kind, row.value, "", row.state)
