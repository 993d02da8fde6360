"""Whether what is published can be delivered, and given up again."""

from collections.abc import Iterator
from typing import TypeAlias

from services.order.domain.catalogue.catalogue import LifeCycle, Offering
from services.order.domain.catalogue.publication import Publication
from shared.contracts import Action
from shared.errors import Fault, InvalidError

AvailableBlueprints: TypeAlias = frozenset[tuple[str, Action]]
"""The specifications and actions that there is a blueprint of."""

PUBLISH_REMEDY = (
    "publish the blueprint {specification}/{action} first: POST /ops/v1/blueprints;"
    " if that was done within the last seconds, send this again"
)
RECHECK_REMEDY = (
    "see that GET /ops/v1/blueprints names {specification}/add and {specification}/delete;"
    " or start provisioning, and send this again: that checks it and changes nothing else"
)


def check_deliverability(
    publication: Publication, known: AvailableBlueprints | None
) -> list[Fault]:
    """Return the warnings about what is put on sale; `known` is None before provisioning has told.

    Raises:
        InvalidError: if something on sale cannot be delivered.
    """
    if known is None:
        return list(find_unchecked(publication))
    if faults := list(find_undeliverable(publication, known)):
        raise InvalidError(faults)
    return list(find_not_disconnectable(publication, known))


def find_unchecked(publication: Publication) -> Iterator[Fault]:
    """Name what would be sold before it is known what can be delivered."""
    for at, offering in active_offerings(publication):
        reason = "provisioning has not told yet what it can deliver, so this was not checked"
        remedy = RECHECK_REMEDY.format(specification=offering.specification)
        yield Fault(f"{at}/specification", "delivery-not-known", reason, remedy)


def find_undeliverable(publication: Publication, known: AvailableBlueprints) -> Iterator[Fault]:
    """Name what would be sold and could not be delivered."""
    reason = "nothing says how its products are delivered: every order would fail"
    return find_missing_blueprints(publication, known, Action.ADD, "not-deliverable", reason)


def find_not_disconnectable(
    publication: Publication, known: AvailableBlueprints
) -> Iterator[Fault]:
    """Name what would be sold and could never be given up."""
    reason = "nothing says how its products are taken away: they can never be given up"
    return find_missing_blueprints(publication, known, Action.DELETE, "never-given-up", reason)


def find_missing_blueprints(
    publication: Publication, known: AvailableBlueprints, action: Action, code: str, reason: str
) -> Iterator[Fault]:
    """Name the offerings on sale of whose specification there is no blueprint for an action."""
    for at, offering in active_offerings(publication):
        if (offering.specification, action) not in known:
            remedy = PUBLISH_REMEDY.format(specification=offering.specification, action=action)
            yield Fault(f"{at}/specification", code, reason, remedy)


def active_offerings(publication: Publication) -> Iterator[tuple[str, Offering]]:
    """Yield the offerings that a publication puts on sale one by one, and where each stands."""
    for at, entry in publication.entries():
        if isinstance(entry, Offering) and not entry.is_bundle and entry.state is LifeCycle.ACTIVE:
            yield at, entry
