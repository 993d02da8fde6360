"""Acceptance (业务受理): a requested order becomes an order, or a list of its faults."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

import msgspec

from services.order.domain.acceptance.acceptance_context import AcceptanceContext
from services.order.domain.acceptance.accepted_items import product_items
from services.order.domain.acceptance.agreed_catalogue import AgreedCatalogue
from services.order.domain.acceptance.base_products import with_base_address
from services.order.domain.acceptance.base_search import base_search
from services.order.domain.acceptance.existing_products import BUSY_CODE
from services.order.domain.acceptance.installation_address import (
    with_address_in_members,
)
from services.order.domain.acceptance.item_checks import ItemCheckContext
from services.order.domain.acceptance.items import items_faults
from services.order.domain.acceptance.named_agreements import (
    agreed_catalogue,
    named_agreement_faults,
)
from services.order.domain.acceptance.order_header import (
    category_of,
    channel_of,
    customer_id_of,
    customer_of,
    customer_parties,
    earlier_category,
    header_faults,
    previous_owner_of,
    priority_of,
)
from services.order.domain.acceptance.payment import RequestedPayment
from services.order.domain.acceptance.quotes import (
    VALIDITY,
    Quote,
    QuoteContent,
    quote_faults,
    quoted_items,
)
from services.order.domain.acceptance.real_name import (
    kept_checks,
    real_name_faults,
    with_counted_group,
)
from services.order.domain.acceptance.request import (
    RequestedOrder,
    RequestedParty,
)
from services.order.domain.catalogue.catalogue import Catalogue
from services.order.domain.catalogue.eligibility import EligibilityContext
from services.order.domain.fulfilment.product import Product
from services.order.domain.fulfilment.product_locks import lock_products
from services.order.domain.fulfilment.progress import Progress, initial_progress
from services.order.domain.order import (
    BundleParentItem,
    Note,
    Order,
    OrderContent,
)
from shared.contracts import OrderAccepted
from shared.errors import ConflictError, DomainError, Fault, InvalidError


class AcceptedOrder(NamedTuple):
    """The result of accepting an order."""

    order: Order
    progress: Progress
    locked_products: tuple[Product, ...]
    """Products that the order will change or end."""

    message: OrderAccepted


def accept(
    requested: RequestedOrder,
    context: AcceptanceContext,
    catalogue: Catalogue,
    products: Mapping[UUID, Product],
    quote: Quote | None = None,
) -> AcceptedOrder:
    """Accept an order.

    Args:
        requested: the requested order.
        context: who placed it, and when.
        catalogue: the catalogue of the tenant.
        products: those that the order names, and those bundled with them.
        quote: the one that it names, whose prices it has.

    Raises:
        InvalidError: the order has faults; all of them are named.
        ConflictError: its only faults are products with an open order, or its quote is used.
    """
    of_quote = quote_faults(requested.quotes, quote, customer_id_of(requested), context.now)
    if quote:
        context = context._replace(agreed_at=quote.made_at)
    content = faultless_content(requested, context, catalogue, products, of_quote)
    if quote:
        items = quoted_items(content.items, quote)
        content = msgspec.structs.replace(content, items=items, quote_id=quote.id)
    party_id = content.customer.id
    order = Order(context.order_id, context.tenant, context.client, party_id, content)
    locked = lock_products(order, products)
    return AcceptedOrder(order, initial_progress(order), locked, accepted_message(order))


def make_quote(
    requested: RequestedOrder,
    context: AcceptanceContext,
    catalogue: Catalogue,
    products: Mapping[UUID, Product],
) -> Quote:
    """Price an order that is not placed yet; it gets the id of its request.

    Raises:
        InvalidError: the order has faults; all of them are named.
        ConflictError: its only faults are products with an open order.
    """
    of_quote = quote_faults(requested.quotes, None, customer_id_of(requested), context.now)
    content = faultless_content(requested, context, catalogue, products, of_quote)
    return Quote(
        id=context.order_id,
        tenant=context.tenant,
        client=context.client,
        party_id=content.customer.id,
        made_at=context.now,
        valid_until=context.now + VALIDITY,
        order_id=None,
        idempotency_key=None,
        fingerprint=b"",
        content=QuoteContent(
            items=content.items,
            bundles=content.bundles,
            agreement_id=context.agreement.id if context.agreement else "",
        ),
    )


def faultless_content(
    requested: RequestedOrder,
    context: AcceptanceContext,
    catalogue: Catalogue,
    products: Mapping[UUID, Product],
    other_faults: Iterable[Fault],
) -> OrderContent:
    """Return the content of an order, with prices.

    Raises:
        InvalidError: the order has faults; all of them are named.
        ConflictError: its only faults are products with an open order.
    """
    requested = with_bundle_addresses(requested, catalogue)
    agreed = agreed_catalogue(catalogue, context, customer_id_of(requested))
    search = base_search(requested, agreed.catalogue, products)
    requested = replace(
        requested, items=tuple(with_base_address(each, search) for each in requested.items)
    )
    others = independent_faults(
        requested.faults,
        (*order_faults(requested, context, agreed, products), *other_faults),
    )
    if faults := dict.fromkeys((*requested.faults, *others)):
        raise acceptance_error(tuple(faults))
    return order_content(context, requested, agreed, products)


def acceptance_error(faults: Sequence[Fault]) -> DomainError:
    """Return the error for the faults of an order: a conflict if its products are only busy."""
    if any(each.code != BUSY_CODE for each in faults):
        return InvalidError(faults)
    first = faults[0]
    return ConflictError(first.reason, code=first.code, remedy=first.remedy)


def with_bundle_addresses(requested: RequestedOrder, catalogue: Catalogue) -> RequestedOrder:
    """Return the order with the bundle's place in every nested item without its own."""
    if any(item.members for item in requested.items):
        items = (with_address_in_members(item, catalogue) for item in requested.items)
        return replace(requested, items=tuple(items))
    return requested


def independent_faults(found: Sequence[Fault], others: Iterable[Fault]) -> Iterator[Fault]:
    """Yield the other faults that do not follow from one that was found before."""
    faulty = [fault.field for fault in found]
    for fault in others:
        if not any(
            is_pointer_within(fault.field, at) or is_pointer_within(at, fault.field)
            for at in faulty
        ):
            yield fault


def is_pointer_within(inner: str, outer: str) -> bool:
    """Tell whether one JSON pointer is equal to another one or below it."""
    return inner == outer or inner.startswith(f"{outer}/")


def order_faults(
    requested: RequestedOrder,
    context: AcceptanceContext,
    agreed: AgreedCatalogue,
    products: Mapping[UUID, Product],
) -> Iterator[Fault]:
    """Name everything that is wrong with an order."""
    yield from header_faults(requested, context.now)
    yield from named_agreement_faults(
        requested.agreements,
        context.agreement,
        customer_id_of(requested),
        context.agreed_at or context.now,
    )
    party = next(iter(customer_parties(requested)), RequestedParty(field=""))
    eligibility = EligibilityContext(
        category_of(party, context.known_category), channel_of(requested), None, context.now
    )
    own = {id_: each for id_, each in products.items() if each.tenant == context.tenant}
    items = ItemCheckContext(
        *(agreed.catalogue, own, party.id, eligibility, context.blueprints),
        agreed=agreed,
        previous_owner=previous_owner_of(requested),
        payment=RequestedPayment(requested.account_id, requested.payment_mode),
        bases_of_others=context.bases_of_others,
        has_waited=context.has_waited,
    )
    yield from items_faults(requested.items, items)
    if context.real_name:
        yield from real_name_faults(requested, items, context.real_name, context.now)


def order_content(
    context: AcceptanceContext,
    requested: RequestedOrder,
    agreed: AgreedCatalogue,
    products: Mapping[UUID, Product],
) -> OrderContent:
    """Return the content of an order without faults, with prices."""
    return OrderContent(
        customer=customer_of(requested),
        known_category=earlier_category(customer_parties(requested)[0], context.known_category),
        items=tuple(
            with_counted_group(each, agreed.catalogue)
            for each in product_items(context, requested, agreed, products)
        ),
        bundles=tuple(bundle_parent_items(requested, agreed.catalogue)),
        external_id=requested.external_id,
        channel=channel_of(requested),
        priority=priority_of(requested),
        category=requested.category,
        description=requested.description,
        notes=tuple(Note(text=text) for text in requested.notes),
        requested_start=requested.requested_start,
        requested_completion=requested.requested_completion,
        person=context.person,
        real_name_checks=tuple(kept_checks(requested, context.now)),
    )


def bundle_parent_items(
    requested: RequestedOrder, catalogue: Catalogue
) -> Iterator[BundleParentItem]:
    """Yield the bundle items."""
    for item in requested.items:
        if item.members:
            bundle = catalogue.sellable_offerings[item.offering_id]
            yield BundleParentItem(
                id=item.id,
                offering_id=bundle.id,
                offering_name=bundle.name,
                catalogue_version=bundle.version,
            )


def accepted_message(order: Order) -> OrderAccepted:
    """Return the message that an order is accepted."""
    content = order.content
    return OrderAccepted(
        order_id=order.id,
        client=order.client,
        customer=content.customer,
        items=tuple(item.ordered for item in content.items),
        external_id=content.external_id,
        channel=content.channel,
        priority=content.priority,
        one_off_cents=order.one_off_cents,
        monthly_cents=order.monthly_cents,
        publishes_states=True,
        has_waited=bool(content.waits_for),
        requested_start=content.requested_start,
        requested_completion=content.requested_completion,
    )
