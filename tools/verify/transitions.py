"""Invariants about histories: all state transitions were legal."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import LiteralString, NamedTuple

from shared.persistence.history import TAKEN_OVER_REASON
from tools.verify.orders import CheckResult
from tools.verify.resource_kinds import NUMBER_KIND, pool_item_kinds, printable_name
from tools.verify.stack_data import StackData

HISTORY: LiteralString = """
    SELECT kind, subject, part, was, became, reason FROM history
    ORDER BY kind, subject, part, position
"""
PLANT: LiteralString = """
    SELECT kind, subject, '' AS part, was, became, reason FROM history
    ORDER BY kind, subject, position
"""
"""The same for numbers and plant: their `part` is the order, so it does not split the history."""

HISTORIES = {"order": HISTORY, "provisioning": HISTORY, "resources": PLANT}

Transitions = Mapping[str, frozenset[str]]


def transition_table(**next_states: str) -> Transitions:
    """Return the legal next states of each state; `begin` is the state of a new thing."""
    return {
        "" if state == "begin" else state: frozenset(states.split())
        for state, states in next_states.items()
    }


ORDER = transition_table(
    begin="acknowledged",
    # From acknowledged to a final state: messages of different services arrive in any order.
    acknowledged="inProgress rejected held completed failed",
    inProgress="held completed failed",
    held="inProgress completed failed",
)
PLAN = transition_table(
    begin="running completed failed",
    running="completed undoing failed on_hold revising cancelling cancelled",
    on_hold="running undoing failed cancelling cancelled",
    revising="running completed undoing failed cancelling cancelled",
    undoing="failed",
    cancelling="cancelled",
)
STEP = transition_table(
    begin="running",
    waiting="running done failed skipped fallout undone",
    # Undone immediately after done: the plan had turned to compensation meanwhile.
    running="done failed skipped fallout undone undoing",
    fallout="running done skipped failed undoing undone",
    failed="undoing undone",
    skipped="undoing undone",
    done="undoing undone",
    undoing="undone fallout",
)
NUMBER = transition_table(
    begin="idle planned blocked",
    planned="idle blocked",
    idle="selected reserved planned blocked",
    selected="idle reserved selected",
    reserved="in_use idle pending_release",
    in_use="pending_release",
    pending_release="quarantined in_use",
    quarantined="idle",
    blocked="idle",
)
POOL_ITEM = transition_table(
    free="reserved faulty blocked",
    reserved="in_use free pre_released",
    in_use="pre_released",
    pre_released="free quarantined in_use",  # as the kind has a quarantine or none
    quarantined="free",
    faulty="free blocked",
    blocked="free faulty",
)
LEGAL_TRANSITIONS: Mapping[str, Transitions] = {
    "order": ORDER,
    "item": ORDER,
    "plan": PLAN,
    "step": STEP,
}
NO_STATE = frozenset({""})
FIRST_STATES: Mapping[str, frozenset[str]] = {
    "plan": NO_STATE | {"running"},
    "step": NO_STATE | {"waiting"},
}
"""The legal first `was` of a history; by default none. Of a plan only its end is recorded."""


class HistoryRules(NamedTuple):
    """How the history of a kind of thing may begin and go on."""

    transitions: Transitions
    first_states: frozenset[str] = NO_STATE


NUMBER_RULES = HistoryRules(NUMBER, NO_STATE | {"idle"})
POOL_ITEM_RULES = HistoryRules(POOL_ITEM, frozenset({"free", "faulty"}))
"""An import may create faulty legs."""


def rules_by_kind(stack_data: StackData) -> dict[str, HistoryRules]:
    """Return the rules of every kind of thing that has a history of states."""
    rules = {
        kind: HistoryRules(transitions, FIRST_STATES.get(kind, NO_STATE))
        for kind, transitions in LEGAL_TRANSITIONS.items()
    }
    items = dict.fromkeys(pool_item_kinds(stack_data), POOL_ITEM_RULES)
    return rules | items | {NUMBER_KIND: NUMBER_RULES}


def every_transition_is_legal(stack_data: StackData) -> Iterator[CheckResult]:
    """Check the history of every order, item, plan, step, number and pool item."""
    rules = rules_by_kind(stack_data)
    for service, statement in HISTORIES.items():
        rows = stack_data.rows(service, statement)
        for (kind, subject, part), steps in groupby(rows, lambda row: row[:3]):
            if kind in rules:
                wrong = describe_illegal_transition(
                    rules[kind], [(step.was, step.became, step.reason) for step in steps]
                )
                name = printable_name(kind, subject, part)
                yield f"{name} went {wrong}" if wrong else None


def describe_illegal_transition(rules: HistoryRules, history: list[tuple[str, str, str]]) -> str:
    """Return a description of the first illegal transition; empty if all are legal.

    A takeover after a restore may skip intermediate states.
    """
    state = ""
    for position, (was, became, reason) in enumerate(history):
        joins = was in rules.first_states if position == 0 else was == state
        if reason == TAKEN_OVER_REASON and (joins or position == 0):
            state = became
            continue
        if not joins or became not in rules.transitions.get(was, frozenset()):
            return f"from {was or 'nothing'} to {became}, being {state or 'nothing'}"
        state = became
    return ""
