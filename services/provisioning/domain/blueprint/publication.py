"""Publishing blueprints: versions only increase, and a published version never changes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeAlias

from services.provisioning.domain.blueprint.blueprint import Blueprint
from services.provisioning.domain.blueprint.expansion import ExpandedBlueprint
from services.provisioning.domain.blueprint.kind_validation import KnownKinds, unconfirmed_kinds
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


def unpublished(
    published: Sequence[Blueprint], sent: Sequence[Blueprint], root: str = ""
) -> list[Blueprint]:
    """Return those of the submitted blueprints that are not published yet.

    Args:
        published: all that are published.
        sent: the submitted ones.
        root: the JSON pointer to them in the publication.

    Raises:
        ConflictError: if versions are already published with different content.
        InvalidError: if a version is older than the newest, or is submitted twice.
    """
    versions = {(key_of(each), each.version): each for each in published}
    new = [each for each in sent if versions.get((key_of(each), each.version)) != each]
    if taken := [each for each in new if (key_of(each), each.version) in versions]:
        raise taken_versions_error(taken, newest_versions(published))
    if found := list(version_faults(newest_versions(published), sent, new, root)):
        raise InvalidError(found)
    return new


def taken_versions_error(
    taken: Sequence[Blueprint], latest: Mapping[BlueprintKey, Blueprint]
) -> ConflictError:
    """Return the error for versions that are already published with different content."""
    names = ", ".join(dict.fromkeys(map(version_name, taken)))
    next_versions = {each.display_name: latest[key_of(each)].version + 1 for each in taken}
    if len(next_versions) == 1:
        (version,) = next_versions.values()
        message = f"{names} is already published with different content"
        return ConflictError(
            message, code="version-taken", remedy=f"publish it as version {version}"
        )
    others = ", ".join(f"{name} {version}" for name, version in next_versions.items())
    message = f"these are already published with different content: {names}"
    return ConflictError(message, code="version-taken", remedy=f"publish them as {others}")


def version_faults(
    latest: Mapping[BlueprintKey, Blueprint],
    sent: Sequence[Blueprint],
    new: Sequence[Blueprint],
    root: str,
) -> Iterator[Fault]:
    """Yield the faults in the versions of the new blueprints."""
    seen: set[tuple[BlueprintKey, int]] = set()
    for i, each in enumerate(sent):
        at = f"{root}/{i}/version"
        if (key_of(each), each.version) in seen:
            yield Fault(at, "sent-twice", f"{version_name(each)} is sent twice", "send one")
        seen.add((key_of(each), each.version))
        newest = latest.get(key_of(each))
        if each in new and newest and each.version < newest.version:
            reason = f"version {newest.version} is already published"
            yield Fault(at, "version-old", reason, f"give {newest.version + 1} or more")


def planned_changes(
    published: Sequence[Blueprint],
    newest: Mapping[BlueprintKey, Blueprint],
    sent: Sequence[ExpandedBlueprint],
    known: KnownKinds,
) -> list[PlannedChange]:
    """Return what the publication of each blueprint would change.

    Args:
        published: the tenant's own versions.
        newest: the newest versions that the tenant uses, its own and the shared ones.
        sent: the submitted blueprints.
        known: the kinds of resources that are known.
    """
    versions = {(key_of(each), each.version): each for each in published}
    after = {**newest, **newest_versions(each.blueprint for each in sent)}
    return [
        plan_change(
            f"blueprint/{blueprint.display_name}/{blueprint.version}",
            versions.get((key_of(blueprint), blueprint.version), newest.get(key_of(blueprint))),
            blueprint,
            missing_counterparts(blueprint, after),
        )._replace(
            unknown_kinds=tuple(unconfirmed_kinds(blueprint, known)), fragments=each.fragments
        )
        for each in sent
        for blueprint in (each.blueprint,)
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


def publication_warnings(
    blueprint: Blueprint, published: Mapping[BlueprintKey, Blueprint], known: KnownKinds
) -> Iterator[str]:
    """Yield what is missing beside a blueprint, and what to do.

    A product that can only be new can never be disconnected.
    """
    counterpart = BUSINESS_ACTIONS[BusinessAction(blueprint.business_action)].counterpart
    for name in missing_counterparts(blueprint, published):
        assert counterpart
        yield f"{counterpart.reason}: publish {name} as well"
    for kind in unconfirmed_kinds(blueprint, known):
        yield f"the kind {kind} is not known yet: publish it, unless that was done just now"


def missing_counterparts(
    blueprint: Blueprint, published: Mapping[BlueprintKey, Blueprint]
) -> list[str]:
    """Return the name of the counterpart of a blueprint, if it is not published."""
    counterpart = BUSINESS_ACTIONS[BusinessAction(blueprint.business_action)].counterpart
    if counterpart is None or (blueprint.specification, counterpart.action) in published:
        return []
    return [f"{blueprint.specification}/{counterpart.action}"]
