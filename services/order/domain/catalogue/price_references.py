"""References to prices and discounts of the catalogue, by the id `offering:price`."""

from typing import TypeAlias

from services.order.domain.catalogue.catalogue import Catalogue, Offering
from services.order.domain.catalogue.prices import Commitment, Discount, Price
from services.order.domain.catalogue.reference_faults import PRICE_ID_SEPARATOR

OfferingPrice: TypeAlias = Price | Discount | Commitment
"""What an offering contains at `productOfferingPrice`."""


def find_price(
    catalogue: Catalogue, reference: str, version: int | None = None
) -> OfferingPrice | None:
    """Return a price, discount or commitment of a version of an offering, by default the newest."""
    offering_id, _, price_id = reference.partition(PRICE_ID_SEPARATOR)
    versions = (
        each
        for each in reversed(catalogue.offerings)
        if each.id == offering_id and version in {None, each.version}
    )
    found = (price for each in versions for price in prices_of(each) if price.id == price_id)
    return next(found, None)


def prices_of(offering: Offering) -> tuple[OfferingPrice, ...]:
    """Return the prices of an offering, its discounts, and its commitment with the penalty."""
    commitment = (offering.commitment,) if offering.commitment else ()
    return (*offering.prices, *offering.discounts, *commitment)
