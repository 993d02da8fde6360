"""How the catalogue changes: by publications of new versions, never under an order's feet.

A version that was active stays as it is, for orders and products refer to it; all
that may still change is its state. What is sold differently is a new version.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from services.order.domain.catalogue import (
    Catalogue,
    Entry,
    LifeCycle,
    Offering,
    Specification,
    overlay,
)
from services.order.domain.consistency import check_offering, check_specification
from shared.errors import Fault, InvalidError

STEPS = {
    (LifeCycle.DRAFT, LifeCycle.DRAFT),
    (LifeCycle.DRAFT, LifeCycle.ACTIVE),
    (LifeCycle.DRAFT, LifeCycle.RETIRED),
    (LifeCycle.ACTIVE, LifeCycle.ACTIVE),
    (LifeCycle.ACTIVE, LifeCycle.RETIRED),
    (LifeCycle.RETIRED, LifeCycle.RETIRED),
}
"""The states that a version may pass through, and stay in."""

Pointed: TypeAlias = tuple[str, Entry]
"""An entry of a publication, and the JSON pointer to it."""


Key: TypeAlias = tuple[type[Entry], str, int]
"""Kind, id and version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What somebody wants to have in the catalogue. What is there already does no harm."""

    specifications: tuple[Specification, ...] = ()
    offerings: tuple[Offering, ...] = ()

    def entries(self) -> Iterator[Pointed]:
        """Yield all that it holds."""
        for index, specification in enumerate(self.specifications):
            yield f"/specifications/{index}", specification
        for index, offering in enumerate(self.offerings):
            yield f"/offerings/{index}", offering


def publish(shared: Catalogue, own: Catalogue, publication: Publication) -> tuple[Entry, ...]:
    """Return the entries that a publication makes new or different.

    Args:
        shared: what all tenants share.
        own: what the publishing tenant has of its own; the same if it publishes for all.
        publication: what is to be there.

    Raises:
        InvalidError: it contradicts itself or what is known; every fault is named.
    """
    entries = list(publication.entries())
    whole = overlay(shared, together(own, publication))
    if faults := [*check_steps(own, entries), *check_whole(whole, entries)]:
        raise InvalidError(faults)
    known = {key(each): each for each in every(own)}
    return tuple(each for _, each in entries if known.get(key(each)) != each)


def every(catalogue: Catalogue) -> Iterator[Entry]:
    """Yield all versions of everything."""
    yield from catalogue.specifications
    yield from catalogue.offerings


def key(entry: Entry) -> Key:
    """Return what an entry is called, with its version."""
    return type(entry), entry.id, entry.version


def together(own: Catalogue, publication: Publication) -> Catalogue:
    """Return a tenant's own part as it will be."""
    specifications = {key(each): each for each in own.specifications}
    specifications |= {key(each): each for each in publication.specifications}
    offerings = {key(each): each for each in own.offerings}
    offerings |= {key(each): each for each in publication.offerings}
    return Catalogue.of(specifications.values(), offerings.values())


def check_steps(known: Catalogue, entries: Sequence[Pointed]) -> Iterator[Fault]:
    """Name versions that come twice, come late, or may not change as they would."""
    before = {key(each): each for each in every(known)}
    newest = newest_versions(every(known))
    seen: set[Key] = set()
    for at, entry in entries:
        name = key(entry)
        if name in seen:
            yield Fault(at, "version-twice", "the version is published twice", "publish it once")
        elif name in before:
            yield from check_change(at, before[name], entry)
        elif entry.version < newest.get(name[:2], entry.version):
            yield Fault(
                f"{at}/version",
                "version-late",
                "there is a later version already",
                f"use {newest[name[:2]] + 1} or more",
            )
        seen.add(name)


def newest_versions(entries: Iterable[Entry]) -> dict[tuple[type[Entry], str], int]:
    """Return by kind and id the number of the newest version."""
    newest: dict[tuple[type[Entry], str], int] = {}
    for each in entries:
        name = (type(each), each.id)
        newest[name] = max(newest.get(name, 0), each.version)
    return newest


def check_change(at: str, was: Entry, entry: Entry) -> Iterator[Fault]:
    """Name what a version that is known already may not become."""
    if (was.state, entry.state) not in STEPS:
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


def check_whole(catalogue: Catalogue, entries: Sequence[Pointed]) -> Iterator[Fault]:
    """Name what would not fit together in the catalogue as it will be."""
    for at, entry in entries:
        match entry:
            case Specification():
                yield from check_specification(at, entry)
            case Offering():
                yield from check_offering(at, entry, catalogue)
