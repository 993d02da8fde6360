"""The installation address of a product."""

from collections.abc import Iterator
from dataclasses import replace

from services.order.domain.acceptance.request import RequestedItem, RequestedPlace
from services.order.domain.business_actions import ON_EXISTING
from services.order.domain.catalogue.catalogue import Catalogue
from shared.errors import Fault
from shared.input.area_codes import REMEDY, is_area_code
from shared.input.text_comparison import comparable_word

INSTALLATION_ROLE = "installation address"
NO_PLACE = RequestedPlace("", INSTALLATION_ROLE, "", "")


def installation_addresses(item: RequestedItem) -> list[RequestedPlace]:
    """Return the places of an item in the role of installation address."""
    return [
        each
        for each in item.places
        if comparable_word(each.role) == comparable_word(INSTALLATION_ROLE)
    ]


def installation_place(item: RequestedItem) -> RequestedPlace:
    """Return the installation address of an item, or an empty one."""
    return next(iter(installation_addresses(item)), NO_PLACE)


def with_address_in_members(item: RequestedItem, catalogue: Catalogue) -> RequestedItem:
    """Return an item with its place in each nested item that names none; others as they are."""
    if not item.members:
        return item
    members = (
        with_address_in_members(
            replace(each, places=places_of_bundle(item, each, catalogue))
            if takes_place_of_bundle(each)
            else each,
            catalogue,
        )
        for each in item.members
    )
    return replace(item, members=tuple(members))


def takes_place_of_bundle(member: RequestedItem) -> bool:
    """Tell whether a nested item gets the bundle's place: that of a new product without one."""
    return not member.places and member.effect not in ON_EXISTING


def places_of_bundle(
    bundle: RequestedItem, member: RequestedItem, catalogue: Catalogue
) -> tuple[RequestedPlace, ...]:
    """Return what a nested item gets of the bundle's places: as much as its product needs.

    A product without an address, as mobile service, gets the local network alone; one that relies
    on another is delivered where that is.
    """
    offering = catalogue.sellable_offerings.get(member.offering_id)
    specification = catalogue.active_specifications.get(offering.specification if offering else "")
    if specification is None or specification.needs_address:
        return bundle.places
    if specification.relies_on:
        return ()
    networks = (each._replace(id="") for each in installation_addresses(bundle))
    return tuple(each for each in networks if each.local_network)


def missing_address_fault(item: RequestedItem) -> Fault:
    """Return the fault of an item whose product needs an address, and that names none."""
    return Fault(
        f"{item.field}/product/place",
        "address-missing",
        "the product needs an address to be installed at",
        'add a place with role "installation address" and the id of a standard address',
    )


def missing_network_fault(item: RequestedItem) -> Fault:
    """Return the fault of an item whose product needs a local network, and that names none."""
    return Fault(
        f"{item.field}/product/place",
        "local-network-missing",
        "the product needs the local network to be delivered in",
        'add a place with role "installation address" and localNetwork, the area code: 025',
    )


def installation_address_faults(item: RequestedItem) -> Iterator[Fault]:
    """Name what is wrong with an item's address."""
    found = installation_addresses(item)
    for extra in found[1:]:
        yield Fault(
            extra.field, "address-twice", "a product is installed at one address", "name only one"
        )
    for place in found:
        if not place.id and not place.local_network:
            yield Fault(f"{place.field}/id", "address-missing", "the address has no id", "give it")
        if place.local_network and not is_area_code(place.local_network):
            yield Fault(
                f"{place.field}/localNetwork",
                "local-network-malformed",
                "a local network is named by its area code",
                f"{REMEDY}, or leave it out",
            )
