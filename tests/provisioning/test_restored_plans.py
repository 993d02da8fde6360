"""Properties of every plan whose database is restored from a backup, at any two moments."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from services.provisioning.domain.blueprint.blueprint import (
    Blueprint,
    BlueprintNeed,
    BlueprintStep,
    OnFailure,
    StepKind,
)
from services.provisioning.domain.plan.planner import plan_order
from shared.contracts import FIRST_REQUEST, NeedEffect
from tests.conftest import NOON
from tests.provisioning.builders import a_blueprint, a_call, a_cause, accepted, assigned, index
from tests.provisioning.restored_environment import RestoredEnvironment
from tests.provisioning.simulated_resources import SimulatedResources, request_id_of
from tests.provisioning.test_plan_properties import blueprints, steps

DECISIONS = 3
FIRST_EFFECTS = st.sampled_from(
    [None, NeedEffect.KEEP, NeedEffect.SWAP, NeedEffect.PRE_RELEASE],
)
"""None for a kind that the service does not hold before the order."""


KINDS = (
    *[StepKind.ACTIVATE] * 3,
    *(StepKind.WORK_ORDER, StepKind.WAIT, StepKind.ASSIGN),
)
RARELY = st.sampled_from([False] * 9 + [True])


@st.composite
def blueprints_with_later_requests(draw: st.DrawFn) -> Blueprint:
    """Draw a blueprint with a later step that assigns, and perhaps one that gives up."""
    blueprint = draw(blueprints(KINDS))
    added = [StepKind.ASSIGN, *draw(st.sampled_from([[], [StepKind.RELEASE]]))]
    for kind in added:
        blueprint = draw(with_step(blueprint, kind))
    needs = tuple(
        BlueprintNeed(kind=kind, effect=draw(FIRST_EFFECTS)) for kind in ("number", "pair")
    )
    return msgspec.structs.replace(blueprint, needs=needs)


@st.composite
def small_blueprints(draw: st.DrawFn) -> Blueprint:
    """Draw one later request between calls, so that many courses of one plan are tried."""
    more = BlueprintStep(
        name="more",
        kind=StepKind.ASSIGN,
        needs=(BlueprintNeed(kind="number"),),
        after=draw(st.sampled_from([("assign",), ("a",)])),
        on_failure=draw(st.sampled_from(OnFailure)),
    )
    a, b = a_call("a", element="$number.value"), a_call("b", "a", "more")
    return a_blueprint(*draw(st.sampled_from([(a, more, b), (a, more, a_call("b", "a"))])))


@st.composite
def with_step(draw: st.DrawFn, blueprint: Blueprint, kind: StepKind) -> Blueprint:
    """Draw a place for another step: behind some steps, and before some of the others."""
    place = draw(st.integers(1, len(blueprint.steps)))
    before, behind = blueprint.steps[:place], blueprint.steps[place:]
    step = draw(steps(f"{kind}-more", [each.name for each in before[1:]], [kind]))
    waiting = [
        msgspec.structs.replace(each, after=(*each.after, step.name))
        if draw(st.booleans())
        else each
        for each in behind
    ]
    return msgspec.structs.replace(blueprint, steps=(*before, step, *waiting))


def take_turn(environment: RestoredEnvironment, data: st.DataObject) -> bool:
    """Let something happen; return whether anything could."""
    events = list(environment.possible_events())
    request = environment.next_request
    if request and (not events or data.draw(st.booleans())):
        may_be_short = environment.resources.may_be_short(request)
        is_first = request_id_of(request) == FIRST_REQUEST
        shortage = RARELY if is_first else st.booleans()
        environment.serve(is_short=may_be_short and data.draw(shortage))
    elif events:
        likely = [each for each in events if each.operation]
        environment.handle(data.draw(st.sampled_from([*events, *likely, *likely])))
    return bool(request or events)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_every_plan_of_a_restored_database_ends_as_was_published_and_with_what_it_holds(
    data: st.DataObject,
) -> None:
    blueprint = data.draw(small_blueprints() | blueprints_with_later_requests())
    known_blueprints = index([blueprint])
    order = accepted()
    begun = plan_order(order, known_blueprints, {}, a_cause(), NOON)
    environment = RestoredEnvironment.of(begun, assigned(order, known_blueprints), DECISIONS)
    environment.resources = SimulatedResources.with_service(
        order.items[0].service_id, {need.kind for need in blueprint.needs if need.effect}
    )

    for _ in range(data.draw(st.integers(0, 12))):
        take_turn(environment, data)
    backup = environment.backup()
    for _ in range(data.draw(st.integers(0, 25))):
        take_turn(environment, data)
    environment.restore(backup, DECISIONS)
    while take_turn(environment, data):
        pass

    environment.check_outcome()
