"""Publishing blueprints: versions only grow, and what was published never changes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from services.provisioning.domain.blueprint import Blueprint
from shared.contracts import Action
from shared.errors import ConflictError, Fault, InvalidError

Pattern: TypeAlias = tuple[str, Action]


@dataclass(frozen=True, slots=True)
class Published:
    """One version of a blueprint, and who published it."""

    tenant: str
    """Empty for what all tenants share."""

    blueprint: Blueprint
    published_at: datetime
    published_by: str


def pattern(blueprint: Blueprint) -> Pattern:
    """Return what a blueprint is for."""
    return blueprint.specification, blueprint.action


def newest(blueprints: Iterable[Blueprint]) -> dict[Pattern, Blueprint]:
    """Return the newest version of each."""
    return {pattern(each): each for each in sorted(blueprints, key=lambda each: each.version)}


def news(known: Sequence[Blueprint], sent: Sequence[Blueprint]) -> list[Blueprint]:
    """Return those of the blueprints sent that are not published already.

    Raises:
        ConflictError: if a version is published already and says something else.
        InvalidError: if a version is older than the newest, or is sent twice.
    """
    versions = {(pattern(each), each.version): each for each in known}
    new = [each for each in sent if versions.get((pattern(each), each.version)) != each]
    for each in new:
        if (pattern(each), each.version) in versions:
            message = f"{name(each)} is published, and says something else"
            remedy = f"publish it as version {newest(known)[pattern(each)].version + 1}"
            raise ConflictError(message, code="version-taken", remedy=remedy)
    if found := list(version_faults(newest(known), sent, new)):
        raise InvalidError(found)
    return new


def version_faults(
    latest: dict[Pattern, Blueprint], sent: Sequence[Blueprint], new: Sequence[Blueprint]
) -> Iterator[Fault]:
    """Yield what is wrong with the versions of what is new."""
    seen: set[tuple[Pattern, int]] = set()
    for i, each in enumerate(sent):
        if (pattern(each), each.version) in seen:
            yield Fault(f"/{i}/version", "sent-twice", f"{name(each)} is sent twice", "send one")
        seen.add((pattern(each), each.version))
        known = latest.get(pattern(each))
        if each in new and known and each.version < known.version:
            reason = f"version {known.version} is published already"
            remedy = f"give {known.version + 1} or more"
            yield Fault(f"/{i}/version", "version-old", reason, remedy)


def name(blueprint: Blueprint) -> str:
    """Return what a blueprint is called: `ftth/add version 1`."""
    return f"{blueprint.specification}/{blueprint.action} version {blueprint.version}"


def gaps_in(sent: Iterable[Blueprint], known: Mapping[Pattern, Blueprint]) -> dict[Blueprint, str]:
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
