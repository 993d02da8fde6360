"""Blueprints are validated before they are published, and every fault is named."""

import ast
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.provisioning.domain.blueprint.blueprint import (
    Blueprint,
    BlueprintNeed,
    BlueprintStep,
    OnFailure,
    StepKind,
)
from services.provisioning.domain.blueprint.publication import unpublished
from services.provisioning.domain.blueprint.reading import read_blueprints
from services.provisioning.domain.blueprint.validation import faults
from shared.contracts import BusinessAction, Characteristic, NeedEffect
from shared.errors import ConflictError, InvalidError
from tests.provisioning.builders import (
    ASSIGN,
    SHIPPED,
    a_blueprint,
    a_call,
    a_work_order,
    for_action,
    shipped,
)


def codes(blueprint: Blueprint) -> set[tuple[str, str]]:
    return {(fault.field, fault.code) for fault in faults(blueprint)}


def changed(thing: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(thing, **changes)


def test_new_installation_and_disconnection_of_every_product_are_shipped() -> None:
    catalogue = json.loads(Path("services/order/data/catalogue.json").read_text())
    needed = {
        (specification["id"], action)
        for specification in catalogue["specifications"]
        for action in (BusinessAction.NEW, BusinessAction.DISCONNECT)
    }

    assert needed - set(shipped()) == set()
    assert {name for name, _ in shipped()} == {name for name, _ in needed}
    assert [fault for each in shipped().values() for fault in faults(each)] == []


STEP = a_call("a")
NUMBER = BlueprintNeed(kind="number")
KEPT = BlueprintNeed(kind="number", effect=NeedEffect.KEEP)
ASSIGNING = BlueprintStep(name="more", kind=StepKind.ASSIGN, after=("assign",), needs=(NUMBER,))
GIVING_UP = changed(ASSIGNING, kind=StepKind.RELEASE)
PARAMETER = Characteristic(name="vlan", value="$vlan.cvlan")
WRONG = [
    (changed(STEP, name="A b"), "/steps/1/name", "bad-name"),
    (changed(STEP, name="assign"), "/steps/1/name", "taken"),
    (changed(STEP, after=()), "/steps/1/after", "unconnected"),
    (changed(STEP, after=("later",)), "/steps/1/after", "unknown-step"),
    (changed(STEP, element=""), "/steps/1/element", "missing"),
    (changed(STEP, operation=""), "/steps/1/operation", "missing"),
    (changed(STEP, skill="fibre"), "/steps/1/skill", "not-allowed"),
    (changed(STEP, kind=StepKind.TEST), "/steps/1/undo", "not-allowed"),
    (changed(STEP, kind=StepKind.WAIT), "/steps/1/wait_s", "missing"),
    (changed(STEP, kind=StepKind.ASSIGN), "/steps/1/needs", "missing"),
    (changed(STEP, kind=StepKind.RELEASE), "/steps/1/needs", "missing"),
    (changed(STEP, needs=(NUMBER,)), "/steps/1/needs", "not-allowed"),
    (changed(GIVING_UP, needs=(KEPT,)), "/steps/1/needs", "not-allowed"),
    (changed(ASSIGNING, needs=(KEPT,)), "/steps/1/needs/0/effect", "nothing-held"),
    (
        changed(ASSIGNING, needs=(changed(KEPT, picked="$characteristic.number"),)),
        "/steps/1/needs/0",
        "not-allowed",
    ),
    (changed(GIVING_UP, needs=(changed(NUMBER, grade="gold"),)), "/steps/1/needs/0", "not-allowed"),
    (changed(STEP, element="$before.leg.element"), "/steps/1", "bad-reference"),
    (changed(STEP, element="$before.item.offering_id"), "/steps/1", "bad-reference"),
    (changed(STEP, tries=0), "/steps/1/tries", "out-of-range"),
    (changed(STEP, timeout_s=0), "/steps/1/timeout_s", "out-of-range"),
    (changed(STEP, parameters=(PARAMETER,)), "/steps/1", "bad-reference"),
    (changed(STEP, element="$pair"), "/steps/1", "bad-reference"),
    (changed(STEP, element="$item.colour"), "/steps/1", "bad-reference"),
    (changed(a_work_order("j"), skill=""), "/steps/1/skill", "missing"),
    (changed(a_work_order("j"), district="$leg.exchange"), "/steps/1", "bad-reference"),
]


@pytest.mark.parametrize(("step", "field", "code"), WRONG)
def test_a_step_that_cannot_work_is_named_with_its_fault(
    step: BlueprintStep, field: str, code: str
) -> None:
    assert (field, code) in codes(a_blueprint(step))


def test_a_blueprint_can_assign_and_release_in_later_steps() -> None:
    call = changed(STEP, after=("more",), element="$before.number.value")
    to_people = changed(ASSIGNING, on_failure=OnFailure.PEOPLE)

    assert codes(a_blueprint(to_people)) == set()
    assert codes(changed(ending(GIVING_UP, call), needs=(KEPT,))) == set()
    assert codes(a_blueprint(GIVING_UP)) == {("/steps/1/needs/0/effect", "nothing-held")}


def ending(*steps: BlueprintStep) -> Blueprint:
    return for_action(a_blueprint(*steps), BusinessAction.DISCONNECT)


@pytest.mark.parametrize(
    ("needs", "steps", "fault"),
    [
        ((KEPT,), (STEP,), ("/steps", "never-released")),
        ((KEPT, KEPT), (GIVING_UP,), ("/steps", "never-released")),
        ((), (GIVING_UP,), ("/steps", "nothing-held")),
        ((NUMBER,), (GIVING_UP,), ("/steps", "nothing-held")),
        ((changed(KEPT, effect=NeedEffect.SWAP),), (STEP,), ("/needs/0/effect", "never-released")),
    ],
)
def test_a_service_that_ends_gives_up_each_of_its_holdings_once(
    needs: tuple[BlueprintNeed, ...], steps: tuple[BlueprintStep, ...], fault: tuple[str, str]
) -> None:
    assert codes(changed(ending(*steps), needs=needs)) == {fault}


def test_a_need_without_effect_is_given_up_by_a_service_that_ends() -> None:
    assert codes(changed(ending(ASSIGNING), needs=(KEPT,))) == set()
    chosen = changed(NUMBER, grade="gold")
    assert codes(changed(ending(STEP), needs=(chosen,))) == {("/needs/0", "not-allowed")}


def calling(element: str, *after: str) -> BlueprintStep:
    return msgspec.structs.replace(STEP, element=element, after=after or ("assign",))


def changing(*steps: BlueprintStep) -> Blueprint:
    return for_action(a_blueprint(*steps), BusinessAction.CHANGE)


GIVEN_UP = changed(NUMBER, effect=NeedEffect.PRE_RELEASE)
PORT_ASSIGNING = changed(ASSIGNING, needs=(BlueprintNeed(kind="port"),))
BAD = {("/steps/2", "bad-reference")}
SWAPPING = changed(ASSIGNING, needs=(BlueprintNeed(kind="port", effect=NeedEffect.SWAP),))
NEVER_RELEASED = ("/steps", "never-released")


@pytest.mark.parametrize(
    ("blueprint", "found"),
    [
        (a_blueprint(PORT_ASSIGNING, calling("$port.element", "more")), set()),
        (a_blueprint(PORT_ASSIGNING, calling("$port.element")), BAD),
        (a_blueprint(PORT_ASSIGNING, calling("$before.port.element", "more")), BAD),
        (a_blueprint(PORT_ASSIGNING, a_call("b", "more"), calling("$port.element", "b")), set()),
        (changing(SWAPPING, calling("$port.element", "more")), set()),
        (changing(SWAPPING, calling("$before.port.element", "more")), set()),
        (changing(SWAPPING, calling("$port.element")), BAD),
    ],
)
def test_a_step_refers_to_what_steps_before_it_have_got(
    blueprint: Blueprint, found: set[tuple[str, str]]
) -> None:
    assert codes(blueprint) == found


@pytest.mark.parametrize(
    ("needs", "steps", "found"),
    [
        ((NUMBER,), (calling("$number.value"),), set()),
        ((NUMBER,), (calling("$before.number.value"),), {("/steps/1", "bad-reference")}),
        ((GIVEN_UP,), (calling("$before.number.value"),), set()),
        ((GIVEN_UP,), (calling("$number.value"),), {("/steps/1", "bad-reference")}),
        ((KEPT,), (GIVING_UP, calling("$number.value")), set()),
        ((KEPT,), (GIVING_UP, calling("$number.value", "more")), BAD),
        ((KEPT,), (GIVING_UP, calling("$before.number.value", "more")), set()),
        ((KEPT,), (GIVING_UP, calling("$before.number.value")), BAD),
        (
            (KEPT, KEPT),
            (changed(GIVING_UP, needs=(NUMBER, NUMBER)), calling("$number.value", "more")),
            BAD,
        ),
        ((KEPT, KEPT), (GIVING_UP, calling("$number.value", "more")), {NEVER_RELEASED}),
    ],
)
def test_a_step_of_a_service_that_ends_refers_to_what_it_still_holds(
    needs: tuple[BlueprintNeed, ...],
    steps: tuple[BlueprintStep, ...],
    found: set[tuple[str, str]],
) -> None:
    assert codes(changed(ending(*steps), needs=needs)) == found


def test_a_blueprint_begins_with_an_assignment_and_has_steps() -> None:
    good = a_blueprint(STEP)
    with_needs = changed(ASSIGN, needs=(NUMBER,))
    to_fallout = changed(ASSIGN, on_failure=OnFailure.PEOPLE)

    assert codes(good) == set()
    assert ("/steps/0", "no-assign") in codes(changed(good, steps=(STEP,)))
    assert ("/steps/0/needs", "not-allowed") in codes(changed(good, steps=(with_needs,)))
    assert ("/steps", "out-of-range") in codes(changed(good, steps=()))
    assert ("/steps/0", "not-allowed") in codes(changed(good, steps=(to_fallout, STEP)))
    for version in (0, 2**31):
        assert ("/version", "out-of-range") in codes(changed(good, version=version))
    assert ("/specification", "bad-name") in codes(changed(good, specification="Leased line"))
    assert codes(changed(good, specification="Leased.line_2")) == set()


def test_the_element_of_a_step_needs_a_valid_name() -> None:
    step = changed(a_call("a"), element="the core")

    assert ("/steps/1/element", "bad-name") in codes(a_blueprint(step))


def test_all_faults_are_named_at_once() -> None:
    worse = [changed(each, steps=(STEP,), version=0) for each in (a_blueprint(), a_blueprint())]

    with pytest.raises(InvalidError) as refusal:
        read_blueprints(msgspec.json.encode(worse))

    assert {fault.field for fault in refusal.value.faults} >= {"/0/version", "/1/version"}


@pytest.mark.parametrize("text", [b"", b"{}", b'[{"steps": 1}]', b'[{"colour": "red"}]'])
def test_what_is_no_blueprint_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidError):
        read_blueprints(text)


def test_what_was_published_never_changes_and_versions_only_grow() -> None:
    old, newer = a_blueprint(version=1), a_blueprint(version=3)
    other = a_blueprint(STEP, version=3)

    assert unpublished([old, newer], [newer]) == []
    assert unpublished([old, newer], [a_blueprint(version=4)]) == [a_blueprint(version=4)]
    with pytest.raises(ConflictError) as refusal:
        unpublished([old, newer], [other])
    assert refusal.value.remedy == "publish it as version 4"
    with pytest.raises(InvalidError):
        unpublished([old, newer], [a_blueprint(version=2)])
    with pytest.raises(InvalidError):
        unpublished([], [old, old])


def test_the_shipped_file_can_be_read_by_people() -> None:
    assert max(map(len, SHIPPED.read_text().splitlines())) <= 100


def test_every_fault_is_in_the_documentation() -> None:
    sources = (
        each.read_text() for each in Path("services/provisioning/domain/blueprint").glob("*.py")
    )
    calls = (node for source in sources for node in ast.walk(ast.parse(source)))
    codes = {
        str(node.args[1].value)
        for node in calls
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "Fault"
        and isinstance(node.args[1], ast.Constant)
    }
    page = Path("docs/blueprints.md").read_text()

    assert len(codes) > 20
    assert [code for code in codes if f"`{code}`" not in page] == []


def test_the_blueprint_that_the_documentation_shows_is_right() -> None:
    page = Path("docs/blueprints.md").read_text()
    shown = page.partition("```json\n")[2].partition("```")[0]

    (blueprint,) = read_blueprints(shown.encode())

    assert blueprint.specification == "lan-line"
