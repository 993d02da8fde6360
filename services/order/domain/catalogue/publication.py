"""Publications, the only way to change the catalogue: every change is a new version.

A version that was active keeps its content, because orders and products refer to it;
only its state may still change.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from services.order.domain.catalogue.catalogue import (
    Catalogue,
    CatalogueEntry,
    LifeCycle,
    Offering,
    Specification,
)
from services.order.domain.catalogue.characteristic_rules import (
    broken_offering_faults,
    characteristic_rule_faults,
    fixed_dependency_faults,
)
from services.order.domain.catalogue.offering_relations import offering_relation_faults
from services.order.domain.catalogue.tenant_catalogue import overlay
from services.order.domain.catalogue.validation import (
    offering_faults,
    relation_faults,
    specification_faults,
)
from shared.errors import Fault, InvalidError
from shared.planned_changes import PlannedChange, plan_change

LIFECYCLE_TRANSITIONS = {
    (LifeCycle.DRAFT, LifeCycle.DRAFT),
    (LifeCycle.DRAFT, LifeCycle.ACTIVE),
    (LifeCycle.DRAFT, LifeCycle.RETIRED),
    (LifeCycle.ACTIVE, LifeCycle.ACTIVE),
    (LifeCycle.ACTIVE, LifeCycle.RETIRED),
    (LifeCycle.RETIRED, LifeCycle.RETIRED),
}
"""The allowed changes of a version's state; a state may stay the same."""

LocatedEntry: TypeAlias = tuple[str, CatalogueEntry]
"""An entry of a publication, and the JSON pointer to it."""


VersionKey: TypeAlias = tuple[type[CatalogueEntry], str, int]
"""Kind, id and version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Entries to publish. Those that are in the catalogue already are skipped."""

    specifications: tuple[Specification, ...] = ()
    offerings: tuple[Offering, ...] = ()

    def located_entries(self) -> Iterator[LocatedEntry]:
        """Yield each specification and offering, with the JSON pointer to it."""
        for index, specification in enumerate(self.specifications):
            yield f"/specifications/{index}", specification
        for index, offering in enumerate(self.offerings):
            yield f"/offerings/{index}", offering


def publish(
    shared: Catalogue, own: Catalogue, publication: Publication
) -> tuple[CatalogueEntry, ...]:
    """Return the entries that a publication makes new or different.

    Args:
        shared: the entries that all tenants share.
        own: the publishing tenant's own entries; the shared ones if it publishes for all.
        publication: the entries to publish.

    Raises:
        InvalidError: if it contradicts itself or the catalogue; every fault is named.
    """
    entries = list(publication.located_entries())
    before = overlay(shared, own)
    result = overlay(shared, merge_publication(own, publication))
    checked = [(at, entry) for at, entry in entries if not is_retirement(entry, before)]
    if faults := [*version_faults(own, entries), *result_faults(result, checked)]:
        raise InvalidError(faults)
    current = {version_key(each): each for each in all_entries(own)}
    return tuple(each for _, each in entries if current.get(version_key(each)) != each)


def planned_changes(
    shared: Catalogue,
    own: Catalogue,
    publication: Publication,
    missing: Mapping[str, Sequence[str]],
) -> list[PlannedChange]:
    """Return what each entry of a publication would change.

    An entry is compared with its own version or, if that is new, with the newest one.

    Args:
        shared: the entries that all tenants share.
        own: the publishing tenant's own entries.
        publication: the entries to publish.
        missing: the blueprints that entries lack, by the JSON pointer to the entry.

    Raises:
        InvalidError: if the publication contradicts itself or the catalogue.
    """
    publish(shared, own, publication)
    catalogue = overlay(shared, own)
    current = {version_key(each): each for each in all_entries(catalogue)}
    newest = {version_key(each)[:2]: each for each in all_entries(catalogue)}
    return [
        plan_change(
            entry_version_text(entry),
            current.get(version_key(entry), newest.get(version_key(entry)[:2])),
            entry,
            missing.get(at, ()),
        )
        for at, entry in publication.located_entries()
    ]


def all_entries(catalogue: Catalogue) -> Iterator[CatalogueEntry]:
    """Yield all versions of all entries."""
    yield from catalogue.specifications
    yield from catalogue.offerings


def version_key(entry: CatalogueEntry) -> VersionKey:
    """Return the key of a version."""
    return type(entry), entry.id, entry.version


def entry_version_text(entry: CatalogueEntry) -> str:
    """Return kind, id and version of an entry in one text."""
    return f"{type(entry).__name__.lower()}/{entry.id}/{entry.version}"


def merge_publication(own: Catalogue, publication: Publication) -> Catalogue:
    """Return a tenant's own entries after a publication."""
    specifications = {version_key(each): each for each in own.specifications}
    specifications |= {version_key(each): each for each in publication.specifications}
    offerings = {version_key(each): each for each in own.offerings}
    offerings |= {version_key(each): each for each in publication.offerings}
    return Catalogue.of(specifications.values(), offerings.values())


def version_faults(own: Catalogue, entries: Sequence[LocatedEntry]) -> Iterator[Fault]:
    """Name versions that come twice, are older than the newest, or change in a forbidden way."""
    current = {version_key(each): each for each in all_entries(own)}
    newest = newest_version_numbers(all_entries(own))
    seen: set[VersionKey] = set()
    for at, entry in entries:
        key = version_key(entry)
        if key in seen:
            yield Fault(at, "version-twice", "the version is published twice", "publish it once")
        elif key in current:
            yield from change_faults(at, current[key], entry)
        elif entry.version < newest.get(key[:2], entry.version):
            yield Fault(
                f"{at}/version",
                "version-late",
                "there is a later version already",
                f"use {newest[key[:2]] + 1} or more",
            )
        seen.add(key)


def is_retirement(entry: CatalogueEntry, before: Catalogue) -> bool:
    """Tell whether an entry only retires a version of the catalogue.

    That is always possible, also where the catalogue has changed since its publication.
    """
    return entry.state is LifeCycle.RETIRED and any(
        version_key(was) == version_key(entry) and replace(was, state=entry.state) == entry
        for was in all_entries(before)
    )


def newest_version_numbers(
    entries: Iterable[CatalogueEntry],
) -> dict[tuple[type[CatalogueEntry], str], int]:
    """Return the newest version number by kind and id."""
    newest: dict[tuple[type[CatalogueEntry], str], int] = {}
    for each in entries:
        key = (type(each), each.id)
        newest[key] = max(newest.get(key, 0), each.version)
    return newest


def change_faults(at: str, was: CatalogueEntry, entry: CatalogueEntry) -> Iterator[Fault]:
    """Name a forbidden change of an existing version."""
    if (was.state, entry.state) not in LIFECYCLE_TRANSITIONS:
        yield Fault(
            f"{at}/state",
            "state-backwards",
            f"a version that is {was.state} cannot become {entry.state}",
            "publish a new version",
        )
    elif was.state is not LifeCycle.DRAFT and replace(was, state=entry.state) != entry:
        yield Fault(
            at,
            "version-fixed",
            f"the version is {was.state}; only its state may change",
            "publish the change as a new version",
        )


def result_faults(catalogue: Catalogue, entries: Sequence[LocatedEntry]) -> Iterator[Fault]:
    """Name what would be inconsistent in the resulting catalogue."""
    offerings = [entry for _, entry in entries if isinstance(entry, Offering)]
    for at, entry in entries:
        match entry:
            case Specification():
                yield from specification_faults(at, entry)
                yield from relation_faults(at, entry, catalogue)
                yield from characteristic_rule_faults(at, entry)
                yield from broken_offering_faults(at, entry, catalogue, offerings)
            case Offering():
                yield from offering_faults(at, entry, catalogue)
                yield from fixed_dependency_faults(at, entry, catalogue)
                yield from offering_relation_faults(at, entry, catalogue)
