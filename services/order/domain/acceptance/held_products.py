"""Eligibility by holding another product: the customer has it, or gets it in the same order."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from services.order.domain.acceptance.base_products import related_specifications
from services.order.domain.acceptance.base_search import BaseSearch
from services.order.domain.acceptance.request import RequestedItem, RequestedOrder, parse_uuid
from services.order.domain.business_actions import ProductEffect, ProductPart
from services.order.domain.catalogue.catalogue import Catalogue, Offering
from services.order.domain.catalogue.offering_relations import held_specifications
from services.order.domain.fulfilment.product import ProductStatus
from shared.errors import Fault

NO_LONGER_ACTIVE = frozenset({ProductEffect.ENDS, ProductEffect.SUSPENDS})


def candidate_specifications(order: RequestedOrder, catalogue: Catalogue) -> dict[str, set[str]]:
    """Return the specifications of which products of the customer may decide about an order.

    With each are the addresses at which they do; an empty one stands for all.
    """
    found = related_specifications(order, catalogue)
    for item in order.all_items:
        offering = bought_offering(item, catalogue)
        for id_ in offering.eligibility.holds if offering else ():
            for specification in held_specifications(id_, catalogue):
                found.setdefault(specification, set()).add("")
    return found


def bought_offering(item: RequestedItem, catalogue: Catalogue) -> Offering | None:
    """Return the offering on sale that an item orders or changes a product to, if it does."""
    buys = item.effect is ProductEffect.CREATES or item.may_change(ProductPart.OFFERING)
    return catalogue.sellable_offerings.get(item.offering_id) if buys else None


def holding_faults(items: Iterable[RequestedItem], search: BaseSearch) -> Iterator[Fault]:
    """Name items whose offering is sold only to customers who have another product."""
    for item in items:
        offering = bought_offering(item, search.catalogue)
        holds = offering.eligibility.holds if offering and is_another(item, search) else ()
        if holds and not any(names & set(holds) for names in other_products(item, search)):
            at = f"{item.field}/productOffering/id"
            reason = "the offering is sold only to customers with another active product"
            remedy = f"order one of these before it, or in the same order: {', '.join(holds)}"
            yield Fault(at, "offering-not-eligible", reason, remedy)


def is_another(item: RequestedItem, search: BaseSearch) -> bool:
    """Tell whether the product of an item is a new one, or of another offering now."""
    id_ = parse_uuid(item.product_id)
    product = search.products.get(id_) if id_ else None
    return product is None or product.offering_id != item.offering_id


def other_products(item: RequestedItem, search: BaseSearch) -> Iterator[set[str]]:
    """Yield offering and specification of each other active product after the order."""
    for each in search.items:
        offering = bought_offering(each, search.catalogue)
        if offering and each is not item:
            yield {offering.id, offering.specification}
    changed = set(ended_or_replaced(search))
    for product in search.products.values():
        is_active = product.status is ProductStatus.ACTIVE and product.id not in changed
        if is_active and product.party_id == search.party_id:
            yield {product.offering_id, product.specification}


def ended_or_replaced(search: BaseSearch) -> Iterator[UUID]:
    """Yield the products that the order ends, suspends, or changes to another offering."""
    for each in search.items:
        id_ = parse_uuid(each.product_id)
        if id_ and (each.effect in NO_LONGER_ACTIVE or bought_offering(each, search.catalogue)):
            yield id_
