"""Among what the base products of an order are searched."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from services.order.domain.acceptance.order_header import customer_id_of
from services.order.domain.acceptance.request import RequestedItem, RequestedOrder
from services.order.domain.business_actions import ProductEffect
from services.order.domain.catalogue.catalogue import Catalogue, Specification
from services.order.domain.fulfilment.product import Product


@dataclass(frozen=True, slots=True)
class BaseSearch:
    """What base products are searched among."""

    items: tuple[RequestedItem, ...]
    """All items of the order, those of bundles included."""

    catalogue: Catalogue
    products: Mapping[UUID, Product]
    party_id: str

    def specification_of(self, item: RequestedItem) -> str:
        """Return the specification of a new product; empty if it is not sold, or a bundle."""
        offering = self.catalogue.sellable_offerings.get(item.offering_id)
        is_new = item.effect is ProductEffect.CREATES
        return offering.specification if offering and is_new else ""

    def needed_by(self, item: RequestedItem) -> str:
        """Return the specification that the product of an item relies on; empty for none."""
        found = self.active_specification(item)
        return found.relies_on if found else ""

    def members_beside(self, item: RequestedItem) -> tuple[RequestedItem, ...]:
        """Return the members of the bundle in which an item is nested; none outside of one."""
        bundles = (each.members for each in self.items)
        beside = (each for each in bundles if item.field in {member.field for member in each})
        return next(beside, ())

    def active_specification(self, item: RequestedItem) -> Specification | None:
        """Return the specification of a new product; None if it is not sold, or a bundle."""
        return self.catalogue.active_specifications.get(self.specification_of(item))


def base_search(
    requested: RequestedOrder, catalogue: Catalogue, products: Mapping[UUID, Product]
) -> BaseSearch:
    """Return what the base products of an order are searched among."""
    party_id = customer_id_of(requested)
    return BaseSearch(tuple(requested.all_items), catalogue, products, party_id)
