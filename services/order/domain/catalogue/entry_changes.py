"""Changes of one entry: the versions to publish, so that the entry is as requested.

A draft is changed in place. A version that was active keeps its content, so another content is the
next version.
"""

from collections.abc import Sequence
from dataclasses import replace

from services.order.domain.catalogue.catalogue import (
    CatalogueEntry,
    E,
    LifeCycle,
    Offering,
    Specification,
)
from services.order.domain.catalogue.publication import LIFECYCLE_TRANSITIONS, Publication


def changed_versions(
    versions: Sequence[E], base: E, changed: E, *, only_base: bool
) -> tuple[E, ...]:
    """Return the versions to publish, the changed one first.

    Args:
        versions: all versions of the entry, the oldest first.
        base: the version that is changed.
        changed: the base as it is requested.
        only_base: whether an earlier version may be sold again if the changed one is retired;
            else all active versions are retired with it.
    """
    has_new_content = replace(changed, state=base.state) != base
    if has_new_content and base.state is not LifeCycle.DRAFT:
        changed = replace(changed, version=versions[-1].version + 1)
    if changed.state is not LifeCycle.RETIRED or only_base:
        return (changed,)
    others = (each for each in versions if each.version != changed.version)
    active = (each for each in others if each.state is LifeCycle.ACTIVE)
    return (changed, *(replace(each, state=LifeCycle.RETIRED) for each in active))


def find_repeated(versions: Sequence[E], created: E) -> E | None:
    """Return the version that an earlier request has created with this content; None if none has.

    Its state may have moved on since.
    """
    for each in versions:
        moved_on = (created.state, each.state) in LIFECYCLE_TRANSITIONS
        if moved_on and replace(each, state=created.state) == created:
            return each
    return None


def versions_of(entries: Sequence[E], id_: str) -> tuple[E, ...]:
    """Return all versions of an entry, the oldest first."""
    return tuple(each for each in entries if each.id == id_)


def publication_of(entries: Sequence[CatalogueEntry]) -> Publication:
    """Return the publication of some versions."""
    return Publication(
        specifications=tuple(each for each in entries if isinstance(each, Specification)),
        offerings=tuple(each for each in entries if isinstance(each, Offering)),
    )
