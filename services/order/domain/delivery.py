"""Whether what is published can be delivered, and given up again."""

from collections.abc import Iterator
from typing import TypeAlias

from services.order.domain.catalogue import LifeCycle, Offering
from services.order.domain.publication import Publication
from shared.contracts import Action
from shared.errors import Fault

Deliverable: TypeAlias = frozenset[tuple[str, Action]]
"""The specifications and actions that there is a blueprint of."""

PUBLISH = (
    "publish the blueprint {specification}/{action} first: POST /ops/v1/blueprints;"
    " if that was done within the last seconds, send this again"
)


def undeliverable(publication: Publication, known: Deliverable) -> Iterator[Fault]:
    """Name what would be sold and could not be delivered."""
    reason = "nothing says how its products are delivered: every order would fail"
    return missing(publication, known, Action.ADD, "not-deliverable", reason)


def irrevocable(publication: Publication, known: Deliverable) -> Iterator[Fault]:
    """Name what would be sold and could never be given up."""
    reason = "nothing says how its products are taken away: they can never be given up"
    return missing(publication, known, Action.DELETE, "never-given-up", reason)


def missing(
    publication: Publication, known: Deliverable, action: Action, code: str, reason: str
) -> Iterator[Fault]:
    """Name the offerings on sale of whose specification there is no blueprint for an action."""
    for at, entry in publication.entries():
        if not isinstance(entry, Offering) or entry.is_bundle:
            continue
        if entry.state is LifeCycle.ACTIVE and (entry.specification, action) not in known:
            remedy = PUBLISH.format(specification=entry.specification, action=action)
            yield Fault(f"{at}/specification", code, reason, remedy)
