"""Publishing blueprints: versions only increase, and a published version never changes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeAlias

from services.provisioning.domain.blueprint.blueprint import Blueprint
from services.provisioning.domain.business_actions import BUSINESS_ACTIONS
from shared.contracts import BlueprintName, BlueprintsPublished, BusinessAction
from shared.errors import ConflictError, Fault, InvalidError
from shared.planned_changes import PlannedChange, plan_change

BlueprintKey: TypeAlias = tuple[str, str]
"""A specification and a business action, perhaps one that a later version has published."""


@dataclass(frozen=True, slots=True)
class PublishedBlueprint:
    """One version of a blueprint, and who published it."""

    tenant: str
    """Empty for a blueprint that all tenants share."""

    blueprint: Blueprint
    published_at: datetime
    published_by: str


class BlueprintPublicationResult(NamedTuple):
    """A submitted version, as it is published now."""

    published: PublishedBlueprint
    warning: str = ""
    """What is missing beside it, and what to do."""


def key_of(blueprint: Blueprint) -> BlueprintKey:
    """Return the specification and the business action of a blueprint."""
    return blueprint.specification, blueprint.business_action


def newest_versions(blueprints: Iterable[Blueprint]) -> dict[BlueprintKey, Blueprint]:
    """Return the newest version for each specification and business action."""
    return {key_of(each): each for each in sorted(blueprints, key=lambda each: each.version)}


def unpublished(published: Sequence[Blueprint], sent: Sequence[Blueprint]) -> list[Blueprint]:
    """Return those of the submitted blueprints that are not published yet.

    Raises:
        ConflictError: if a version is already published with different content.
        InvalidError: if a version is older than the newest, or is submitted twice.
    """
    versions = {(key_of(each), each.version): each for each in published}
    new = [each for each in sent if versions.get((key_of(each), each.version)) != each]
    for each in new:
        if (key_of(each), each.version) in versions:
            message = f"{version_name(each)} is already published with different content"
            remedy = f"publish it as version {newest_versions(published)[key_of(each)].version + 1}"
            raise ConflictError(message, code="version-taken", remedy=remedy)
    if found := list(version_faults(newest_versions(published), sent, new)):
        raise InvalidError(found)
    return new


def version_faults(
    latest: dict[BlueprintKey, Blueprint], sent: Sequence[Blueprint], new: Sequence[Blueprint]
) -> Iterator[Fault]:
    """Yield the faults in the versions of the new blueprints."""
    seen: set[tuple[BlueprintKey, int]] = set()
    for i, each in enumerate(sent):
        if (key_of(each), each.version) in seen:
            yield Fault(
                f"/{i}/version", "sent-twice", f"{version_name(each)} is sent twice", "send one"
            )
        seen.add((key_of(each), each.version))
        newest = latest.get(key_of(each))
        if each in new and newest and each.version < newest.version:
            reason = f"version {newest.version} is already published"
            remedy = f"give {newest.version + 1} or more"
            yield Fault(f"/{i}/version", "version-old", reason, remedy)


def planned_changes(
    published: Sequence[Blueprint],
    newest: Mapping[BlueprintKey, Blueprint],
    sent: Sequence[Blueprint],
) -> list[PlannedChange]:
    """Return what the publication of each blueprint would change.

    Args:
        published: the tenant's own versions.
        newest: the newest versions that the tenant uses, its own and the shared ones.
        sent: the submitted blueprints.

    Raises:
        ConflictError: if a version is already published with different content.
        InvalidError: if a version is older than the newest, or is submitted twice.
    """
    unpublished(published, sent)
    versions = {(key_of(each), each.version): each for each in published}
    after = {**newest, **newest_versions(sent)}
    return [
        plan_change(
            f"blueprint/{each.display_name}/{each.version}",
            versions.get((key_of(each), each.version), newest.get(key_of(each))),
            each,
            missing_counterparts(each, after),
        )
        for each in sent
    ]


def edition_message(tenant: str, versions: Iterable[Blueprint]) -> BlueprintsPublished:
    """Return the list of a tenant's blueprints for the other services.

    Args:
        tenant: whose blueprints they are; empty for those that all tenants share.
        versions: all published versions.
    """
    names = tuple(
        BlueprintName(
            specification=each.specification,
            action=each.tmf_action,
            business_action=each.business_action,
            version=each.version,
        )
        for each in newest_versions(versions).values()
    )
    return BlueprintsPublished(owner_tenant=tenant, blueprints=names)


def version_name(blueprint: Blueprint) -> str:
    """Return the name of a version for people: `ftth/new version 1`."""
    return f"{blueprint.display_name} version {blueprint.version}"


def missing_counterpart_warnings(
    sent: Iterable[Blueprint], published: Mapping[BlueprintKey, Blueprint]
) -> dict[Blueprint, str]:
    """Return a warning for each submitted blueprint whose counterpart is not published.

    A product that can only be new can never be disconnected.
    """
    warnings = {}
    for each in sent:
        counterpart = BUSINESS_ACTIONS[BusinessAction(each.business_action)].counterpart
        for name in missing_counterparts(each, published):
            assert counterpart
            warnings[each] = f"{counterpart.reason}: publish {name} as well"
    return warnings


def missing_counterparts(
    blueprint: Blueprint, published: Mapping[BlueprintKey, Blueprint]
) -> list[str]:
    """Return the name of the counterpart of a blueprint, if it is not published."""
    counterpart = BUSINESS_ACTIONS[BusinessAction(blueprint.business_action)].counterpart
    if counterpart is None or (blueprint.specification, counterpart.action) in published:
        return []
    return [f"{blueprint.specification}/{counterpart.action}"]
