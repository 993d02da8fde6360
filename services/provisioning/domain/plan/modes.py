"""The modes of a plan: what each one does, and which one follows.

A plan has one mode at a time, its state. Today's orders reach `running`, `undoing`, `completed` and
`failed`; nothing instructs or revises plans yet (ADR 31).
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from services.provisioning.domain.plan.plan import PlanState


class UndoScope(StrEnum):
    """The steps that a mode undoes."""

    NOTHING = "nothing"
    DROPPED = "dropped"
    """Those that revisions have dropped."""

    ALL = "all"


class ModeChange(StrEnum):
    """What changes the mode of a plan."""

    HOLD = "hold"
    """No further step is to start."""

    RESUME = "resume"
    """Steps start again."""

    REVISE = "revise"
    """Steps were dropped."""

    FAIL = "fail"
    """A step has failed for good: everything is undone."""

    CANCEL = "cancel"
    """The order is cancelled: everything is undone."""

    REFUSE = "refuse"
    """The order cannot be carried out, and nothing was done."""

    FINISH = "finish"
    """Nothing is left to do in this mode."""


STARTS_STEPS = frozenset({PlanState.RUNNING})
"""The modes in which steps start. In all others, what is under way goes on."""

UNDONE_IN: Mapping[PlanState, UndoScope] = MappingProxyType(
    {
        PlanState.REVISING: UndoScope.DROPPED,
        PlanState.UNDOING: UndoScope.ALL,
        PlanState.CANCELLING: UndoScope.ALL,
    }
)

NEXT_MODES: Mapping[PlanState, Mapping[ModeChange, PlanState]] = MappingProxyType(
    {
        PlanState.RUNNING: {
            ModeChange.HOLD: PlanState.ON_HOLD,
            ModeChange.REVISE: PlanState.REVISING,
            ModeChange.FAIL: PlanState.UNDOING,
            ModeChange.CANCEL: PlanState.CANCELLING,
            ModeChange.REFUSE: PlanState.FAILED,
            ModeChange.FINISH: PlanState.COMPLETED,
        },
        PlanState.ON_HOLD: {
            ModeChange.RESUME: PlanState.RUNNING,
            ModeChange.FAIL: PlanState.UNDOING,
            ModeChange.CANCEL: PlanState.CANCELLING,
            ModeChange.REFUSE: PlanState.FAILED,
        },
        PlanState.REVISING: {
            ModeChange.REVISE: PlanState.REVISING,
            ModeChange.FAIL: PlanState.UNDOING,
            ModeChange.CANCEL: PlanState.CANCELLING,
            ModeChange.FINISH: PlanState.RUNNING,
        },
        PlanState.UNDOING: {ModeChange.FINISH: PlanState.FAILED},
        PlanState.CANCELLING: {ModeChange.FINISH: PlanState.CANCELLED},
        PlanState.COMPLETED: {},
        PlanState.FAILED: {},
        PlanState.CANCELLED: {},
    }
)

APPLIED_IN: Mapping[ModeChange, frozenset[PlanState]] = MappingProxyType(
    {
        ModeChange.HOLD: frozenset({PlanState.ON_HOLD}),
        ModeChange.RESUME: STARTS_STEPS,
        ModeChange.CANCEL: frozenset({PlanState.CANCELLING, PlanState.CANCELLED}),
    }
)
"""The modes in which an instruction has been applied already."""

FINAL_STATES = frozenset(mode for mode, turns in NEXT_MODES.items() if not turns)
GIVEN_UP_STATES = frozenset({PlanState.FAILED, PlanState.CANCELLED})
"""The final states of plans of which nothing is left in the network."""


def undo_scope(mode: PlanState) -> UndoScope:
    """Return the steps that a mode undoes."""
    return UNDONE_IN.get(mode, UndoScope.NOTHING)


def is_possible(mode: PlanState, mode_change: ModeChange) -> bool:
    """Tell whether this change is possible for a plan in this mode."""
    return mode_change in NEXT_MODES[mode]
