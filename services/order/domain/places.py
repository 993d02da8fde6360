"""Where a product is installed."""

from collections.abc import Iterator
from dataclasses import replace

from services.order.domain.request import GivenItem, GivenPlace
from shared.errors import Fault
from shared.input.areas import REMEDY, is_area_code
from shared.input.texts import word

ROLE = "installation address"
NOWHERE = GivenPlace("", ROLE, "", "")


def installation_addresses(item: GivenItem) -> list[GivenPlace]:
    """Return the places of an item that are in the role of its address."""
    return [each for each in item.places if word(each.role) == word(ROLE)]


def place_of(item: GivenItem) -> GivenPlace:
    """Return where an item's product is installed."""
    return next(iter(installation_addresses(item)), NOWHERE)


def housed(item: GivenItem) -> GivenItem:
    """Give the items nested in a bundle its address, unless they name their own."""
    if not item.members:
        return item
    members = (
        housed(each if each.places else replace(each, places=item.places)) for each in item.members
    )
    return replace(item, members=tuple(members))


def check_places(item: GivenItem) -> Iterator[Fault]:
    """Name what is wrong with an item's address."""
    found = installation_addresses(item)
    for extra in found[1:]:
        yield Fault(
            extra.field, "address-twice", "a product is installed at one address", "name only one"
        )
    for place in found:
        if not place.id:
            yield Fault(f"{place.field}/id", "address-missing", "the address has no id", "give it")
        if place.local_network and not is_area_code(place.local_network):
            yield Fault(
                f"{place.field}/localNetwork",
                "local-network-malformed",
                "a local network is named by its area code",
                f"{REMEDY}, or leave it out",
            )
