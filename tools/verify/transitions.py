"""Invariants about histories: all state transitions were legal."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import LiteralString

from shared.persistence.history import TAKEN_OVER_REASON
from tools.verify.evidence import Evidence
from tools.verify.orders import CheckResult

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
ITEM = transition_table(
    free="reserved faulty blocked",
    reserved="in_use free pre_released",
    in_use="pre_released",
    pre_released="free in_use",
    faulty="free blocked",
    blocked="free faulty",
)
PLANT_KINDS = ("leg", "vlan", "loid", "pair")
LEGAL_TRANSITIONS: Mapping[str, Transitions] = {
    "order": ORDER,
    "item": ORDER,
    "plan": PLAN,
    "step": STEP,
    "number": NUMBER,
    **dict.fromkeys(PLANT_KINDS, ITEM),
}
NO_STATE = frozenset({""})
FIRST_STATES: Mapping[str, frozenset[str]] = {
    "plan": NO_STATE | {"running"},
    "step": NO_STATE | {"waiting"},
    "number": NO_STATE | {"idle"},
    # An import may create faulty legs.
    **dict.fromkeys(PLANT_KINDS, frozenset({"free", "faulty"})),
}
"""The legal first `was` of a history; by default none. Of a plan only its end is recorded."""


def every_transition_is_legal(evidence: Evidence) -> Iterator[CheckResult]:
    """Check the history of every order, item, plan, step, number and pool item."""
    for service, statement in HISTORIES.items():
        rows = evidence.rows(service, statement)
        for (kind, subject, part), steps in groupby(rows, lambda row: row[:3]):
            if kind in LEGAL_TRANSITIONS:
                wrong = illegal_transition(
                    kind, [(step.was, step.became, step.reason) for step in steps]
                )
                name = f"a {kind}" if kind == "number" else f"{kind} {subject} {part}".rstrip()
                yield f"{name} went {wrong}" if wrong else None


def illegal_transition(kind: str, history: list[tuple[str, str, str]]) -> str:
    """Return a description of the first illegal transition; empty if all are legal.

    A takeover after a restore may skip intermediate states.
    """
    state = ""
    for position, (was, became, reason) in enumerate(history):
        joins = was in FIRST_STATES.get(kind, NO_STATE) if position == 0 else was == state
        if reason == TAKEN_OVER_REASON and (joins or position == 0):
            state = became
            continue
        if not joins or became not in LEGAL_TRANSITIONS[kind].get(was, frozenset()):
            return f"from {was or 'nothing'} to {became}, being {state or 'nothing'}"
        state = became
    return ""
