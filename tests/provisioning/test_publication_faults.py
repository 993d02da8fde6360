"""A publication that cannot be carried out is refused with every fault: place, code, remedy."""

from typing import Any

import msgspec
import pytest
from httpx import AsyncClient

from services.elements.domain import VERBS, operations_of_type
from services.provisioning.domain.blueprint.blueprint import (
    INLINE,
    Blueprint,
    BlueprintNeed,
    BlueprintStep,
    OnFailure,
    PointOfNoReturn,
    StepCondition,
    StepKind,
)
from services.provisioning.domain.blueprint.kind_validation import KnownKinds
from services.provisioning.domain.blueprint.validation import Capabilities, faults
from services.provisioning.handlers import SUBSCRIPTIONS
from services.provisioning.store.elements import OPERATIONS
from shared.calls.element_limits import OTHER_TYPE
from shared.contracts import PoolKindsPublished
from shared.errors import Fault
from shared.persistence.database import Sessions
from tests.kernel import TENANT, consume
from tests.provisioning.builders import a_blueprint, a_call, a_work_order

BLUEPRINTS = "/ops/v1/blueprints"
KINDS = ("leg", "number", "pair")
CAPABILITIES = Capabilities(OPERATIONS, KnownKinds(frozenset(KINDS), frozenset({"camera-account"})))


def found(blueprint: Blueprint, capabilities: Capabilities = CAPABILITIES) -> list[Fault]:
    return list(faults(blueprint, capabilities=capabilities))


def changed(thing: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(thing, **changes)


def at_aaa(name: str, *after: str, **changes: Any) -> BlueprintStep:
    """Return a step that an AAA server can carry out."""
    usual = {"operation": "create-account", "undo": "delete-account"}
    return msgspec.structs.replace(a_call(name, *after), **(usual | changes))


NO_UNDO = {"undo": "", "nothing_to_undo": ()}
HARD = {"ponr": PointOfNoReturn.HARD}
IF_BARRED = (StepCondition(value="$characteristic.bar|none", differs_from="none"),)
OF_BASE = {"element": "$base.legg.element", "operation": "add-profile", "undo": "remove-profile"}

FAULTY = [
    (
        a_blueprint(at_aaa("a", "b"), at_aaa("b", "c"), at_aaa("c", "a")),
        [("/steps/1/after", "cycle", "a → b → c → a")],
    ),
    (a_blueprint(at_aaa("a", "assign", "a")), [("/steps/1/after", "cycle", "a → a")]),
    (a_blueprint(at_aaa("a", "b")), [("/steps/1/after", "unknown-step", "b")]),
    (
        a_blueprint(at_aaa("a", "b"), at_aaa("b")),
        [("/steps/1/after", "unknown-step", "not an earlier step: b")],
    ),
    (a_blueprint(at_aaa("a", **NO_UNDO)), [("/steps/1/undo", "undo-missing", "nothing undoes")]),
    (
        a_blueprint(changed(a_work_order("a"), undo="")),
        [("/steps/1/undo", "undo-missing", "nothing undoes")],
    ),
    (
        a_blueprint(at_aaa("a", no_undo="a test")),
        [("/steps/1/no_undo", "not-allowed", "has an undo")],
    ),
    (
        a_blueprint(at_aaa("a", element="$leg.element", operation="add-profile")),
        [("/steps/1", "bad-reference", "$leg.element")],
    ),
    (
        a_blueprint(at_aaa("a", **OF_BASE)),
        [("/steps/1", "bad-reference", "no pool serves `legg`")],
    ),
    (
        a_blueprint(at_aaa("a"), needs=("number", "pear")),
        [("/needs/1/kind", "kind-unknown", "no pool serves `pear`")],
    ),
    (
        a_blueprint(
            BlueprintStep(
                name="more",
                kind=StepKind.ASSIGN,
                after=("assign",),
                needs=(BlueprintNeed(kind="pear"),),
            )
        ),
        [("/steps/1/needs/0/kind", "kind-unknown", "no pool serves `pear`")],
    ),
    (
        a_blueprint(at_aaa("a", operation="craete-account")),
        [("/steps/1/operation", "operation-unknown", "aaa has no operation `craete-account`")],
    ),
    (
        a_blueprint(at_aaa("a", undo="add-profile")),
        [("/steps/1/undo", "operation-unknown", "aaa has no operation `add-profile`")],
    ),
    (
        a_blueprint(at_aaa("a", element="camera-cloud", operation="make-account")),
        [("/steps/1/operation", "operation-unknown", "camera-cloud")],
    ),
    (
        a_blueprint(at_aaa("a", element="$pair.element", operation="make-profile")),
        [("/steps/1/operation", "operation-unknown", "$pair.element")],
    ),
]


@pytest.mark.parametrize(("blueprint", "expected"), FAULTY)
def test_a_fault_is_named_with_its_place_its_reason_and_a_remedy(
    blueprint: Blueprint, expected: list[tuple[str, str, str]]
) -> None:
    named = found(blueprint)

    assert [(each.field, each.code) for each in named] == [each[:2] for each in expected]
    assert all(text in fault.reason for fault, (*_, text) in zip(named, expected, strict=True)), (
        named
    )
    assert all(each.remedy for each in named)


@pytest.mark.parametrize(
    "blueprint",
    [
        a_blueprint(at_aaa("a", **NO_UNDO, no_undo="a restart changes nothing")),
        a_blueprint(at_aaa("a", element=INLINE, **NO_UNDO)),
        a_blueprint(at_aaa("a", **HARD, **NO_UNDO), at_aaa("b", "a", **NO_UNDO)),
        a_blueprint(at_aaa("a", element="camera-cloud", operation="add-camera")),
        a_blueprint(at_aaa("a", element="$pair.element", operation="add-camera")),
        a_blueprint(at_aaa("a"), needs=("camera-account", "unheard-of")),
    ],
)
def test_what_can_be_carried_out_has_no_fault(blueprint: Blueprint) -> None:
    assert found(blueprint) == []


@pytest.mark.parametrize(
    "before",
    [
        {"ponr": PointOfNoReturn.SOFT},
        HARD | {"when": IF_BARRED},
        HARD | {"on_failure": OnFailure.SKIP},
    ],
)
def test_only_behind_a_hard_point_that_every_plan_passes_no_undo_is_needed(
    before: dict[str, Any],
) -> None:
    steps = at_aaa("a", **before), at_aaa("b", "a", **NO_UNDO)
    beside = at_aaa("a", **HARD), at_aaa("b", **NO_UNDO)

    for each in (steps, beside):
        assert [fault.field for fault in found(a_blueprint(*each))] == ["/steps/2/undo"]


def test_elements_without_a_type_can_be_closed_to_blueprints() -> None:
    closed = {name: known for name, known in OPERATIONS.by_type.items() if name != OTHER_TYPE.name}
    operations = changed_operations(closed | {OTHER_TYPE.name: ()})

    (fault,) = found(a_blueprint(at_aaa("a", element="camera-cloud")), Capabilities(operations))

    assert (fault.field, fault.code) == ("/steps/1/element", "element-unknown")
    assert fault.remedy == "use one of: aaa, ims, *OLT*"


def changed_operations(by_type: dict[str, tuple[str, ...]]) -> Any:
    return type(OPERATIONS)(OPERATIONS.types, by_type)


def test_the_declared_operations_are_those_of_the_simulated_elements() -> None:
    for name, element in (("aaa", "aaa"), ("ims", "ims"), ("olt", "NJ-XW-OLT01")):
        assert set(OPERATIONS.by_type[name]) == set(operations_of_type(element) or ())
    assert set(OPERATIONS.by_type[OTHER_TYPE.name]) == {f"{verb}-*" for verb in VERBS}


def every_fault() -> dict[str, Any]:
    """Return a blueprint, as it is sent, with each kind of fault."""
    blueprint = a_blueprint(
        at_aaa("a", "b"),
        at_aaa("b", "a"),
        at_aaa("c", "nowhere"),
        at_aaa("d", **NO_UNDO),
        at_aaa("e", element="$leg.element", operation="add-profile"),
        at_aaa("f", operation="craete-account"),
        needs=("number", "pear"),
        version=0,
    )
    found: dict[str, Any] = msgspec.to_builtins(blueprint)
    return found


EVERY_FAULT = {
    ("/0/version", "out-of-range"),
    ("/0/steps/1/after", "cycle"),
    ("/0/steps/3/after", "unknown-step"),
    ("/0/steps/4/undo", "undo-missing"),
    ("/0/needs/1/kind", "kind-unknown"),
    ("/0/steps/5", "bad-reference"),
    ("/0/steps/6/operation", "operation-unknown"),
    ("/1/steps/1/undo", "undo-missing"),
}


@pytest.mark.parametrize("path", [BLUEPRINTS, f"{BLUEPRINTS}/plan"])
async def test_all_faults_of_a_publication_are_named_at_once(
    client: AsyncClient, sessions: Sessions, path: str
) -> None:
    consume(sessions, SUBSCRIPTIONS, PoolKindsPublished(owner_tenant="", kinds=KINDS))
    other = msgspec.to_builtins(a_blueprint(at_aaa("a", **NO_UNDO)))

    answer = await client.post(path, json=[every_fault(), other])

    named = answer.json()["errors"]
    assert answer.status_code == 400
    assert {(each["field"], each["code"]) for each in named} == EVERY_FAULT
    assert all(each["message"] and each["remedy"] for each in named)


async def test_a_kind_that_is_not_known_yet_is_a_warning(
    client: AsyncClient, sessions: Sessions
) -> None:
    body = [msgspec.to_builtins(a_blueprint(at_aaa("a"), needs=("number", "camera-account")))]
    of_tenant = PoolKindsPublished(owner_tenant=TENANT, kinds=("camera-account",))
    warnings, planned = [], []
    for message in (PoolKindsPublished(owner_tenant="", kinds=KINDS), of_tenant):
        consume(sessions, SUBSCRIPTIONS, message)
        planned.append((await client.post(f"{BLUEPRINTS}/plan", json=body)).json()[0])
        warnings.append((await client.post(BLUEPRINTS, json=body)).json()[0]["warning"])

    assert ["the kind camera-account is not known yet" in each for each in warnings] == [
        True,
        False,
    ]
    assert [each["unknown_kinds"] for each in planned] == [["camera-account"], []]


async def test_before_any_kind_is_known_none_is_refused(client: AsyncClient) -> None:
    answer = await client.post(
        BLUEPRINTS, json=[msgspec.to_builtins(a_blueprint(at_aaa("a"), needs=("pear",)))]
    )

    assert answer.status_code == 201
    assert "the kind pear is not known yet" in answer.json()[0]["warning"]


async def test_a_kind_of_another_tenant_is_not_known(
    client: AsyncClient, sessions: Sessions
) -> None:
    kinds = PoolKindsPublished(owner_tenant="zhejiang", kinds=("camera-account",))
    consume(sessions, SUBSCRIPTIONS, PoolKindsPublished(owner_tenant="", kinds=KINDS))
    consume(sessions, SUBSCRIPTIONS, kinds)
    body = [msgspec.to_builtins(a_blueprint(at_aaa("a"), needs=("camera-account",)))]

    answer = await client.post(BLUEPRINTS, json=body)

    assert "camera-account is not known yet" in answer.json()[0]["warning"]


async def test_what_is_published_can_be_sent_again_whatever_is_required_by_now(
    client: AsyncClient, sessions: Sessions
) -> None:
    body = [msgspec.to_builtins(a_blueprint(at_aaa("a"), needs=("pear",)))]
    first = await client.post(BLUEPRINTS, json=body)
    consume(sessions, SUBSCRIPTIONS, PoolKindsPublished(owner_tenant="", kinds=KINDS))

    again = await client.post(BLUEPRINTS, json=body)
    newer = await client.post(BLUEPRINTS, json=[body[0] | {"version": 2}])

    assert (first.status_code, again.status_code, newer.status_code) == (201, 201, 400)
