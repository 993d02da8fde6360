"""Invariants about histories: nothing ever took a way that it may not take."""

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
"""The same for numbers and plant, whose part names the order: it is one walk all the same."""

HISTORIES = {"order": HISTORY, "provisioning": HISTORY, "resources": PLANT}

Transitions = Mapping[str, frozenset[str]]


def transition_table(**onward: str) -> Transitions:
    """Return where one can go from each state; `begin` stands for what was not there before."""
    return {
        "" if state == "begin" else state: frozenset(states.split())
        for state, states in onward.items()
    }


ORDER = transition_table(
    begin="acknowledged",
    # From acknowledged straight to an end: one service's message overtook another's.
    acknowledged="inProgress rejected held completed failed",
    inProgress="held completed failed",
    held="inProgress completed failed",
)
PLAN = transition_table(
    begin="running completed failed",
    running="completed undoing failed",
    undoing="failed",
)
STEP = transition_table(
    begin="running",
    waiting="running done failed skipped fallout",
    # Done, and undone at once, because the plan had turned round meanwhile.
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
    # An import knows of faulty legs.
    **dict.fromkeys(PLANT_KINDS, frozenset({"free", "faulty"})),
}
"""What a walk may begin from; from nothing, where nothing is said. Only a plan's end is noted."""


def every_transition_is_legal(evidence: Evidence) -> Iterator[CheckResult]:
    """Follow every order, item, plan, step, number and pool item through its history."""
    for service, statement in HISTORIES.items():
        rows = evidence.rows(service, statement)
        for (kind, subject, part), steps in groupby(rows, lambda row: row[:3]):
            if kind in LEGAL_TRANSITIONS:
                wrong = illegal_transition(
                    kind, [(step.was, step.became, step.reason) for step in steps]
                )
                name = f"a {kind}" if kind == "number" else f"{kind} {subject} {part}".rstrip()
                yield f"{name} went {wrong}" if wrong else None


def illegal_transition(kind: str, walk: list[tuple[str, str, str]]) -> str:
    """Return the first step of a walk that may not be, in words; empty if all may.

    What a restored database took over may skip the states that lie between.
    """
    here = ""
    for place, (was, became, reason) in enumerate(walk):
        joins = was in FIRST_STATES.get(kind, NO_STATE) if place == 0 else was == here
        if reason == TAKEN_OVER_REASON and (joins or place == 0):
            here = became
            continue
        if not joins or became not in LEGAL_TRANSITIONS[kind].get(was, frozenset()):
            return f"from {was or 'nothing'} to {became}, being {here or 'nothing'}"
        here = became
    return ""
