"""What holds for every plan, whatever its graph and whatever it is answered."""

from copy import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.provisioning.domain.blueprint import (
    INLINE,
    Blueprint,
    BlueprintStep,
    Kind,
    NoReturn,
    OnFailure,
)
from services.provisioning.domain.draft import draft
from shared.contracts import Action
from tests.conftest import NOON
from tests.provisioning.build import (
    a_blueprint,
    a_cause,
    accepted,
    an_item,
    assigned,
    index,
    shipped,
)
from tests.provisioning.world import World


@st.composite
def blueprints(draw: st.DrawFn) -> Blueprint:
    """Any graph of one to five steps behind the one that assigns."""
    names = [f"s{n}" for n in range(draw(st.integers(1, 5)))]
    return a_blueprint(*(draw(steps(name, names[:n])) for n, name in enumerate(names)))


@st.composite
def steps(draw: st.DrawFn, name: str, before: list[str]) -> BlueprintStep:
    kind = draw(st.sampled_from([Kind.ACTIVATE] * 3 + [Kind.WORK_ORDER, Kind.TEST, Kind.WAIT]))
    changes = kind in {Kind.ACTIVATE, Kind.WORK_ORDER}
    after = draw(st.lists(st.sampled_from(before), unique=True, max_size=2)) if before else []
    return BlueprintStep(
        name=name,
        kind=kind,
        after=tuple(after) or ("assign",),
        element=draw(st.sampled_from(["aaa", "ims", INLINE])),
        operation=f"create-{name}",
        undo=f"delete-{name}" if changes and draw(st.booleans()) else "",
        nothing_to_undo=(f"{name}-missing",),
        on_failure=draw(st.sampled_from(OnFailure)),
        ponr=draw(st.sampled_from([None, None, None, *NoReturn])),
        tries=draw(st.integers(1, 2)),
    )


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_every_plan_ends_whole_or_undone_or_waits_for_people(data: st.DataObject) -> None:
    known = index([data.draw(blueprints())])
    order = accepted(*(an_item(id_=str(n)) for n in range(1, data.draw(st.integers(1, 2)) + 1)))
    world = World.of(draft(order, known, {}, a_cause(), NOON), assigned(order, known))

    while chances := list(world.chances()):
        world.hear(data.draw(st.sampled_from(chances)))


@pytest.mark.parametrize("specification", ["ftth", "voice"])
@pytest.mark.parametrize("action", [Action.ADD, Action.DELETE])
def test_every_way_of_a_shipped_blueprint_ends_whole_or_undone_or_waits_for_people(
    specification: str, action: Action
) -> None:
    order = accepted(an_item(specification, action))
    begun = draft(order, shipped(), {}, a_cause(), NOON)
    worlds = [World.of(begun, assigned(order, shipped()), patience=1)]
    seen = set()
    while worlds:
        world = worlds.pop()
        for chance in world.chances():
            other = copy(world)
            other.hear(chance)
            if other.state not in seen:
                seen.add(other.state)
                worlds.append(other)
