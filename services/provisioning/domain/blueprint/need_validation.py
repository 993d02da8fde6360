"""Validation of a blueprint's needs: their effects, and what its steps can refer to."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from services.provisioning.domain.blueprint.blueprint import (
    Blueprint,
    BlueprintNeed,
    BlueprintStep,
)
from services.provisioning.domain.blueprint.step_order import all_predecessors
from services.provisioning.domain.blueprint.templates import is_template
from services.provisioning.domain.business_actions import BUSINESS_ACTIONS, ServiceEffect
from shared.contracts import RESERVING_EFFECTS, NeedEffect, find_business_action
from shared.errors import Fault

DEFAULT_EFFECTS = {
    ServiceEffect.CREATES: NeedEffect.RESERVE,
    ServiceEffect.CHANGES: NeedEffect.KEEP,
    ServiceEffect.ENDS: NeedEffect.PRE_RELEASE,
}
"""The effects of needs that name none."""


class PlacedNeed(NamedTuple):
    """A need with its effect and its place: a JSON pointer in the blueprint."""

    place: str
    need: BlueprintNeed
    effect: NeedEffect


class AvailableKinds(NamedTuple):
    """The kinds of resources that a step can refer to when it begins."""

    held: frozenset[str]
    given_up: frozenset[str]


def need_faults(blueprint: Blueprint) -> Iterator[Fault]:
    """Yield the needs that are not possible for the business action."""
    effect_on_service = service_effect(blueprint)
    placed = [*first_needs(blueprint)]
    for i in range(len(blueprint.steps)):
        placed.extend(step_needs(blueprint, i))
    for place, need, effect in placed:
        if effect_on_service is ServiceEffect.CREATES and effect is not NeedEffect.RESERVE:
            reason = f"a new service holds no {need.kind} before its order"
            remedy = f"use `{NeedEffect.RESERVE}`, and no step of kind release"
            yield Fault(f"{place}/effect", "nothing-held", reason, remedy)
        if effect_on_service is ServiceEffect.ENDS and effect in RESERVING_EFFECTS:
            reason = f"a service that ends gets no {need.kind}"
            remedy = f"use `{NeedEffect.KEEP}` or `{NeedEffect.PRE_RELEASE}`"
            yield Fault(f"{place}/effect", "never-released", reason, remedy)
        if need.served_from and effect is NeedEffect.PRE_RELEASE:
            reason = f"a {need.kind} is given up from wherever it is"
            yield Fault(f"{place}/served_from", "not-allowed", reason, "leave it out")
        if (need.picked or need.grade) and effect not in RESERVING_EFFECTS:
            reason = f"a {need.kind} that the service holds cannot be chosen"
            remedy = "leave `picked` and `grade` out, or reserve another one"
            yield Fault(place, "not-allowed", reason, remedy)
    if effect_on_service is ServiceEffect.ENDS:
        yield from release_faults(placed)


def release_faults(placed: list[PlacedNeed]) -> Iterator[Fault]:
    """Yield the resources that a service that ends keeps, or gives up twice.

    Its first step gives up all that it does not keep.
    """
    kept: Counter[str] = Counter()
    released: Counter[str] = Counter()
    for place, need, effect in placed:
        is_of_first = place.startswith("/needs")
        if is_of_first and effect is NeedEffect.KEEP:
            kept[counted(need)] += fixed_count(need)
        if not is_of_first and effect is NeedEffect.PRE_RELEASE:
            released[counted(need)] += fixed_count(need)
    if left := kept - released:
        reason = f"{', '.join(sorted(left))}: kept by a service that ends"
        remedy = "add a step of kind release with these needs"
        yield Fault("/steps", "never-released", reason, remedy)
    if early := released - kept:
        reason = f"{', '.join(sorted(early))}: given up by the first step already"
        remedy = f"give the needs of the blueprint the effect `{NeedEffect.KEEP}`"
        yield Fault("/steps", "nothing-held", reason, remedy)


def counted(need: BlueprintNeed) -> str:
    """Return what a need is for: its kind and, if it refers to one, its count."""
    return f"{need.kind} ({need.count})" if is_template(need.count) else need.kind


def fixed_count(need: BlueprintNeed) -> int:
    """Return how many resources a need is for; one if that is not known before the order."""
    return int(need.count) if need.count.isdecimal() else 1


def available_kinds(blueprint: Blueprint, step: BlueprintStep) -> AvailableKinds:
    """Return what its item holds, and has given up, when all that a step depends on is done.

    The item of a service that ends holds on, if its needs name no effects.
    """
    held: Counter[str] = Counter()
    given_up: set[str] = set()
    holds_on = service_effect(blueprint) is ServiceEffect.ENDS and not names_effects(blueprint)
    for _, need, effect in first_needs(blueprint):
        if holds_on or effect is not NeedEffect.PRE_RELEASE:
            held[need.kind] += 1
        if not holds_on and effect in {NeedEffect.PRE_RELEASE, NeedEffect.SWAP}:
            given_up.add(need.kind)
    predecessors = all_predecessors(blueprint.steps, step)
    for i, each in enumerate(blueprint.steps):
        for _, need, effect in step_needs(blueprint, i) if each.name in predecessors else ():
            held[need.kind] = held_count_after(held[need.kind], effect)
            if effect in {NeedEffect.PRE_RELEASE, NeedEffect.SWAP}:
                given_up.add(need.kind)
    return AvailableKinds(frozenset(+held), frozenset(given_up))


def held_count_after(count: int, effect: NeedEffect) -> int:
    """Return how many resources of a kind an item holds after a need of a later step."""
    match effect:
        case NeedEffect.RESERVE:
            return count + 1
        case NeedEffect.KEEP | NeedEffect.SWAP:
            return max(count, 1)
        case NeedEffect.PRE_RELEASE:
            return max(count - 1, 0)


def first_needs(blueprint: Blueprint) -> Iterator[PlacedNeed]:
    """Yield the needs that the first step requests."""
    default = DEFAULT_EFFECTS[service_effect(blueprint)]
    for i, need in enumerate(blueprint.needs):
        yield PlacedNeed(f"/needs/{i}", need, need.effect or default)


def step_needs(blueprint: Blueprint, index: int) -> Iterator[PlacedNeed]:
    """Yield the needs of a step itself."""
    default = DEFAULT_EFFECTS[service_effect(blueprint)]
    for i, need in enumerate(blueprint.steps[index].requested_needs):
        yield PlacedNeed(f"/steps/{index}/needs/{i}", need, need.effect or default)


def names_effects(blueprint: Blueprint) -> bool:
    """Tell whether a need of the blueprint, not of its steps, names its effect."""
    return any(need.effect for need in blueprint.needs)


def service_effect(blueprint: Blueprint) -> ServiceEffect:
    """Return what the blueprint does to a service; for an unknown action, that it changes it."""
    action = find_business_action(blueprint.business_action)
    effect = BUSINESS_ACTIONS[action].effect if action else ServiceEffect.CHANGES
    return effect if effect in DEFAULT_EFFECTS else ServiceEffect.CHANGES
