"""Properties of every plan, for any graph and any answers."""

from collections.abc import Sequence
from copy import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.provisioning.domain.blueprint.blueprint import (
    INLINE,
    RESOURCE_KINDS,
    Blueprint,
    BlueprintNeed,
    BlueprintStep,
    OnFailure,
    PointOfNoReturn,
    StepKind,
)
from services.provisioning.domain.plan.planner import plan_order
from shared.contracts import BusinessAction, NeedEffect
from tests.conftest import NOON
from tests.provisioning.builders import (
    a_blueprint,
    a_cause,
    accepted,
    an_item,
    assigned,
    index,
    shipped,
)
from tests.provisioning.plan_environment import PlanEnvironment

EARLIER_KINDS = (
    *[StepKind.ACTIVATE] * 3,
    *(StepKind.WORK_ORDER, StepKind.TEST, StepKind.WAIT),
)
"""The kinds of steps that version 0.1.0 carries out behind the first one."""

KINDS = (*EARLIER_KINDS, *RESOURCE_KINDS)


NEED_KINDS = st.sampled_from(["number", "pair"])
NEEDS = {
    StepKind.RELEASE: st.tuples(st.builds(BlueprintNeed, kind=NEED_KINDS)),
    StepKind.ASSIGN: st.tuples(
        st.builds(
            BlueprintNeed,
            kind=NEED_KINDS,
            effect=st.sampled_from([None, *NeedEffect]),
        )
    ),
}

ELEMENTS = ["$number.value", "$pair.value", "aaa", "ims", INLINE]
"""Elements, some named by holdings that steps change."""


@st.composite
def blueprints(draw: st.DrawFn, kinds: Sequence[StepKind] = KINDS) -> Blueprint:
    """Draw a blueprint with any graph of one to five steps after the assignment."""
    names = [f"s{n}" for n in range(draw(st.integers(1, 5)))]
    return a_blueprint(*(draw(steps(name, names[:n], kinds)) for n, name in enumerate(names)))


@st.composite
def steps(
    draw: st.DrawFn, name: str, before: list[str], kinds: Sequence[StepKind] = KINDS
) -> BlueprintStep:
    kind = draw(st.sampled_from(kinds))
    changes = kind in {StepKind.ACTIVATE, StepKind.WORK_ORDER}
    after = draw(st.lists(st.sampled_from(before), unique=True, max_size=2)) if before else []
    return BlueprintStep(
        name=name,
        kind=kind,
        after=tuple(after) or ("assign",),
        element=draw(st.sampled_from(ELEMENTS)),
        operation=f"create-{name}",
        undo=f"delete-{name}" if changes and draw(st.booleans()) else "",
        nothing_to_undo=(f"{name}-missing",),
        needs=draw(NEEDS[kind]) if kind in NEEDS else (),
        on_failure=draw(st.sampled_from(OnFailure)),
        ponr=draw(st.sampled_from([None, None, None, *PointOfNoReturn])),
        tries=draw(st.integers(1, 2)),
    )


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_every_plan_ends_complete_or_undone_or_in_fallout(data: st.DataObject) -> None:
    known_blueprints = index([data.draw(blueprints())])
    order = accepted(*(an_item(id_=str(n)) for n in range(1, data.draw(st.integers(1, 2)) + 1)))
    environment = PlanEnvironment.of(
        plan_order(order, known_blueprints, {}, a_cause(), NOON), assigned(order, known_blueprints)
    )

    while possible_events := list(environment.possible_events()):
        environment.handle(data.draw(st.sampled_from(possible_events)))


@pytest.mark.parametrize(("specification", "action"), shipped())
def test_every_course_of_a_shipped_blueprint_ends_complete_or_undone_or_in_fallout(
    specification: str, action: str
) -> None:
    order = accepted(an_item(specification, BusinessAction(action)))
    begun = plan_order(order, shipped(), {}, a_cause(), NOON)
    environments = [PlanEnvironment.of(begun, assigned(order, shipped()), decisions_left=1)]
    seen = set()
    while environments:
        environment = environments.pop()
        for possible_event in environment.possible_events():
            other = copy(environment)
            other.handle(possible_event)
            if other.state not in seen:
                seen.add(other.state)
                environments.append(other)
