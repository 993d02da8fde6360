"""Publishing blueprints: versions only grow, and what was published never changes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from services.provisioning.domain.blueprint.blueprint import Blueprint
from shared.contracts import Action
from shared.errors import ConflictError, Fault, InvalidError

BlueprintKey: TypeAlias = tuple[str, Action]


@dataclass(frozen=True, slots=True)
class PublishedBlueprint:
    """One version of a blueprint, and who published it."""

    tenant: str
    """Empty for what all tenants share."""

    blueprint: Blueprint
    published_at: datetime
    published_by: str


def key_of(blueprint: Blueprint) -> BlueprintKey:
    """Return what a blueprint is for."""
    return blueprint.specification, blueprint.action


def newest_versions(blueprints: Iterable[Blueprint]) -> dict[BlueprintKey, Blueprint]:
    """Return the newest version of each."""
    return {key_of(each): each for each in sorted(blueprints, key=lambda each: each.version)}


def unpublished(known: Sequence[Blueprint], sent: Sequence[Blueprint]) -> list[Blueprint]:
    """Return those of the blueprints sent that are not published already.

    Raises:
        ConflictError: if a version is published already and says something else.
        InvalidError: if a version is older than the newest, or is sent twice.
    """
    versions = {(key_of(each), each.version): each for each in known}
    new = [each for each in sent if versions.get((key_of(each), each.version)) != each]
    for each in new:
        if (key_of(each), each.version) in versions:
            message = f"{display_name(each)} is published, and says something else"
            remedy = f"publish it as version {newest_versions(known)[key_of(each)].version + 1}"
            raise ConflictError(message, code="version-taken", remedy=remedy)
    if found := list(version_faults(newest_versions(known), sent, new)):
        raise InvalidError(found)
    return new


def version_faults(
    latest: dict[BlueprintKey, Blueprint], sent: Sequence[Blueprint], new: Sequence[Blueprint]
) -> Iterator[Fault]:
    """Yield what is wrong with the versions of what is new."""
    seen: set[tuple[BlueprintKey, int]] = set()
    for i, each in enumerate(sent):
        if (key_of(each), each.version) in seen:
            yield Fault(
                f"/{i}/version", "sent-twice", f"{display_name(each)} is sent twice", "send one"
            )
        seen.add((key_of(each), each.version))
        known = latest.get(key_of(each))
        if each in new and known and each.version < known.version:
            reason = f"version {known.version} is published already"
            remedy = f"give {known.version + 1} or more"
            yield Fault(f"/{i}/version", "version-old", reason, remedy)


def display_name(blueprint: Blueprint) -> str:
    """Return what a blueprint is called: `ftth/add version 1`."""
    return f"{blueprint.specification}/{blueprint.action} version {blueprint.version}"


def missing_counterparts(
    sent: Iterable[Blueprint], known: Mapping[BlueprintKey, Blueprint]
) -> dict[Blueprint, str]:
    """Return for each blueprint sent what is missing beside those that are known now.

    What can be made and not taken away again can never be given up; and the reverse is
    never asked for.
    """
    other = {Action.ADD: Action.DELETE, Action.DELETE: Action.ADD}
    why = {
        Action.ADD: "products of it can never be given up",
        Action.DELETE: "there can be no product of it to give up",
    }
    return {
        each: f"{why[each.action]}: publish {each.specification}/{other[each.action]} as well"
        for each in sent
        if each.action in other and (each.specification, other[each.action]) not in known
    }
