"""Checks whether published offerings can be delivered, and disconnected again."""

from collections.abc import Iterator
from typing import TypeAlias

from services.order.domain.catalogue.catalogue import LifeCycle, Offering
from services.order.domain.catalogue.publication import Publication
from shared.contracts import Action
from shared.errors import Fault, InvalidError

AvailableBlueprints: TypeAlias = frozenset[tuple[str, Action]]
"""The specifications and actions that have a blueprint."""

PUBLISH_REMEDY = (
    "publish the blueprint {specification}/{action} first: POST /ops/v1/blueprints;"
    " if that was done within the last seconds, send this again"
)
RECHECK_REMEDY = (
    "check that GET /ops/v1/blueprints lists {specification}/add and {specification}/delete;"
    " or start provisioning, and send this again: that only repeats the check"
)


def check_deliverability(
    publication: Publication, blueprints: AvailableBlueprints | None
) -> list[Fault]:
    """Return warnings about offerings put on sale.

    Args:
        publication: the specifications and offerings to publish.
        blueprints: those of the tenant; None if provisioning has not published any yet.

    Raises:
        InvalidError: if an offering on sale cannot be delivered.
    """
    if blueprints is None:
        return list(find_unchecked(publication))
    if faults := list(find_undeliverable(publication, blueprints)):
        raise InvalidError(faults)
    return list(find_not_disconnectable(publication, blueprints))


def find_unchecked(publication: Publication) -> Iterator[Fault]:
    """Name offerings on sale while no blueprints are known."""
    for at, offering in active_offerings(publication):
        reason = "provisioning has not published its blueprints yet, so delivery was not checked"
        remedy = RECHECK_REMEDY.format(specification=offering.specification)
        yield Fault(f"{at}/specification", "delivery-not-known", reason, remedy)


def find_undeliverable(
    publication: Publication, blueprints: AvailableBlueprints
) -> Iterator[Fault]:
    """Name offerings on sale that could not be delivered."""
    reason = "no blueprint delivers its products: every order would fail"
    return find_missing_blueprints(publication, blueprints, Action.ADD, "not-deliverable", reason)


def find_not_disconnectable(
    publication: Publication, blueprints: AvailableBlueprints
) -> Iterator[Fault]:
    """Name offerings on sale whose products could never be disconnected."""
    reason = "no blueprint disconnects its products: they can never be disconnected"
    return find_missing_blueprints(publication, blueprints, Action.DELETE, "never-given-up", reason)


def find_missing_blueprints(
    publication: Publication,
    blueprints: AvailableBlueprints,
    action: Action,
    code: str,
    reason: str,
) -> Iterator[Fault]:
    """Name the offerings on sale whose specification has no blueprint for an action."""
    for at, offering in active_offerings(publication):
        if (offering.specification, action) not in blueprints:
            remedy = PUBLISH_REMEDY.format(specification=offering.specification, action=action)
            yield Fault(f"{at}/specification", code, reason, remedy)


def active_offerings(publication: Publication) -> Iterator[tuple[str, Offering]]:
    """Yield the single offerings that a publication puts on sale, with JSON pointers to them."""
    for at, entry in publication.entries():
        if isinstance(entry, Offering) and not entry.is_bundle and entry.state is LifeCycle.ACTIVE:
            yield at, entry
