"""The items of an accepted order: each requested item as it is stored and published."""

from collections.abc import Iterator, Mapping
from uuid import UUID

import msgspec

from services.order.domain.acceptance.acceptance_context import AcceptanceContext
from services.order.domain.acceptance.agreed_catalogue import AgreedCatalogue
from services.order.domain.acceptance.base_products import Base, base_of
from services.order.domain.acceptance.base_search import base_search
from services.order.domain.acceptance.changed_items import (
    ChangeContext,
    changed_item,
    disconnection_item,
    suspension_item,
)
from services.order.domain.acceptance.characteristics import merge_characteristics
from services.order.domain.acceptance.installation_address import installation_place
from services.order.domain.acceptance.request import (
    RequestedItem,
    RequestedOrder,
)
from services.order.domain.business_actions import ON_EXISTING, ProductEffect
from services.order.domain.catalogue.catalogue import UNRESTRICTED, Offering
from services.order.domain.catalogue.eligibility import admitted_local_networks
from services.order.domain.catalogue.pricing import PricingContext, price_product
from services.order.domain.fulfilment.commitment import commitment_terms
from services.order.domain.fulfilment.product import Product
from services.order.domain.order import Item, derive_product_id, derive_service_id
from shared.contracts import TMF_ACTIONS, BusinessAction, OrderedItem


def product_items(
    context: AcceptanceContext,
    requested: RequestedOrder,
    agreed: AgreedCatalogue,
    products: Mapping[UUID, Product],
) -> Iterator[Item]:
    """Yield the product items, those of a bundle at the bundle's position."""
    catalogue = agreed.catalogue
    search = base_search(requested, catalogue, products)
    for item in requested.items:
        bundle = catalogue.sellable_offerings[item.offering_id] if item.members else None
        for each in item.members or (item,):
            if each.effect in ON_EXISTING:
                product = products[UUID(each.product_id)]
                change = ChangeContext(agreed.of_product(product), context.now, bundle)
                found = existing_product_item(each, product, change)
                agreement_id = agreed.id_of_product(product)
            else:
                offering = catalogue.sellable_offerings[each.offering_id]
                found = new_item(context, each, offering, bundle)
                found = with_found_base(found, base_of(each, search, context.order_id))
                agreement_id = agreed.stated_id
            if bundle or agreement_id:
                found = msgspec.structs.replace(
                    found, bundle_item=item.id if bundle else "", agreement_id=agreement_id
                )
            yield found


def with_found_base(item: Item, base: Base | None) -> Item:
    """Return an item of a new product with its base, if it has one."""
    return with_base(item, base.product_id, base.service_id) if base else item


def with_base(item: Item, product_id: UUID | None, service_id: UUID | None) -> Item:
    """Return an item with the product on which its own relies, and with that one's service."""
    ordered = msgspec.structs.replace(
        item.ordered, base_product_id=product_id, base_service_id=service_id
    )
    return msgspec.structs.replace(item, ordered=ordered)


def existing_product_item(item: RequestedItem, product: Product, context: ChangeContext) -> Item:
    """Return an item that changes or ends a product, or by which it joins a bundle."""
    found = item_without_base(item, product, context)
    return with_base(found, product.base_id, product.content.base_service_id)


def item_without_base(item: RequestedItem, product: Product, context: ChangeContext) -> Item:
    """Return an item that changes or ends a product, without the one on which that relies."""
    action = enabled_action_of(item)
    match item.effect:
        case ProductEffect.CHANGES:
            return changed_item(item, action, product, context)
        case ProductEffect.SUSPENDS | ProductEffect.RESUMES:
            return suspension_item(item, action, product, context)
        case _:
            return disconnection_item(item, action, product, context)


def new_item(
    context: AcceptanceContext,
    item: RequestedItem,
    offering: Offering,
    bundle: Offering | None = None,
) -> Item:
    """Return an item that creates a product, by itself or as a member of a bundle."""
    characteristics = merge_characteristics(item, offering)
    place, action = installation_place(item), enabled_action_of(item)
    discounts = bundle.discounts if bundle else ()
    pricing = PricingContext(context.now, action, discounts, local_network=place.local_network)
    price = price_product(offering, characteristics, pricing)
    ordered = OrderedItem(
        id=item.id,
        action=TMF_ACTIONS[action],
        business_action=action.value,
        offering_id=offering.id,
        offering_name=offering.name,
        specification=offering.specification,
        catalogue_version=offering.version,
        product_id=derive_product_id(context.order_id, item.id),
        service_id=derive_service_id(context.order_id, item.id),
        address_id=place.id,
        local_network=place.local_network,
        sold_in=admitted_local_networks(
            offering.eligibility, bundle.eligibility if bundle else UNRESTRICTED
        )
        or (),
        bundle=bundle.id if bundle else "",
        characteristics=characteristics,
        one_off_cents=price.one_off_cents,
        monthly_cents=price.monthly_cents,
    )
    return Item(
        ordered=ordered,
        local_network=place.local_network,
        charges=price.charges,
        commitment=commitment_terms(offering),
        charge_start=item.charge_start or offering.charge_start,
        charged_from=item.charged_from,
    )


def enabled_action_of(item: RequestedItem) -> BusinessAction:
    """Return the business action of an item without faults."""
    action = item.enabled_action
    assert action
    return action
