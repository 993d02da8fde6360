"""Checks whether the actions on the products of published offerings can be carried out."""

from collections.abc import Iterator
from typing import TypeAlias

from services.order.domain.business_actions import NEEDED_BLUEPRINTS, MissingBlueprint
from services.order.domain.catalogue.catalogue import LifeCycle, Offering
from services.order.domain.catalogue.publication import Publication
from shared.contracts import BusinessAction
from shared.errors import Fault, InvalidError

AvailableBlueprints: TypeAlias = frozenset[tuple[str, str]]
"""The specifications and business actions that have a blueprint."""

PUBLISH_REMEDY = (
    "publish the blueprint {blueprint} first: POST /ops/v1/blueprints;"
    " if that was done within the last seconds, send this again"
)
RECHECK_REMEDY = (
    "check that GET /ops/v1/blueprints lists {blueprints}; or start provisioning, and send this"
    " again: that only repeats the check"
)


def deliverability_warnings(
    publication: Publication, blueprints: AvailableBlueprints | None
) -> list[Fault]:
    """Return warnings about offerings put on sale; refuse those that cannot be delivered.

    Args:
        publication: the specifications and offerings to publish.
        blueprints: those of the tenant; None if provisioning has not published any yet.

    Raises:
        InvalidError: if an offering on sale cannot be delivered.
    """
    if blueprints is None:
        return list(unchecked_delivery_warnings(publication))
    found = list(find_missing_blueprints(publication, blueprints))
    if faults := [fault for missing, fault in found if missing.refuses_sale]:
        raise InvalidError(faults)
    return [warning for _, warning in found]


def missing_blueprint_names(
    publication: Publication, blueprints: AvailableBlueprints | None
) -> dict[str, list[str]]:
    """Return the blueprints that offerings on sale lack, by the JSON pointer to the offering."""
    known = blueprints or frozenset()
    return {
        at: [
            blueprint_name(offering, action)
            for action in NEEDED_BLUEPRINTS
            if (offering.specification, action) not in known
        ]
        for at, offering in active_single_offerings(publication)
    }


def unchecked_delivery_warnings(publication: Publication) -> Iterator[Fault]:
    """Name offerings on sale while no blueprints are known."""
    for at, offering in active_single_offerings(publication):
        reason = "provisioning has not published its blueprints yet, so delivery was not checked"
        names = " and ".join(blueprint_name(offering, each) for each in NEEDED_BLUEPRINTS)
        remedy = RECHECK_REMEDY.format(blueprints=names)
        yield Fault(f"{at}/specification", "delivery-not-known", reason, remedy)


def find_missing_blueprints(
    publication: Publication, blueprints: AvailableBlueprints
) -> Iterator[tuple[MissingBlueprint, Fault]]:
    """Yield the blueprints that offerings on sale lack, each with its fault."""
    for action, missing in NEEDED_BLUEPRINTS.items():
        for at, offering in active_single_offerings(publication):
            if (offering.specification, action) not in blueprints:
                remedy = PUBLISH_REMEDY.format(blueprint=blueprint_name(offering, action))
                fault = Fault(f"{at}/specification", missing.code, missing.reason, remedy)
                yield missing, fault


def blueprint_name(offering: Offering, action: BusinessAction) -> str:
    """Return the name of the blueprint that carries out an action: `ftth/new`."""
    return f"{offering.specification}/{action}"


def active_single_offerings(publication: Publication) -> Iterator[tuple[str, Offering]]:
    """Yield the single offerings that a publication puts on sale, with JSON pointers to them."""
    for at, entry in publication.located_entries():
        if isinstance(entry, Offering) and not entry.is_bundle and entry.state is LifeCycle.ACTIVE:
            yield at, entry
