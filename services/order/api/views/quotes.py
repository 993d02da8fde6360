"""Views of quotes."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from services.order.api.examples import quotes as examples
from services.order.api.views.amounts import MoneyView, ValidityView
from services.order.api.views.offerings import offering_reference
from services.order.api.views.order_items import shown_charge_start
from services.order.api.views.prices import (
    OrderPriceView,
    TermView,
    price_lines,
    price_terms,
    total_prices,
)
from services.order.api.views.products import (
    CharacteristicView,
    PlaceView,
    characteristic_views,
    place_views,
)
from services.order.api.views.references import ReferenceView
from services.order.api.views.timestamps import UtcTimestamp
from services.order.domain.acceptance.quotes import Quote
from services.order.domain.catalogue.billing_dates import (
    charges_begin,
    first_month_cents,
)
from services.order.domain.catalogue.prices import PriceKind
from services.order.domain.local_time import local_day
from services.order.domain.order import BundleParentItem, Item
from shared.contracts import Action
from shared.http.collection_paths import ORDERS_PATH, QUOTES_PATH
from shared.http.views import UnvalidatedTmfView


class FirstMonthView(UnvalidatedTmfView):
    """What the recurring charges of an item cost first, if the order were completed today."""

    charged_from: date
    price: MoneyView
    """For the rest of that calendar month, without tax."""


class QuoteItemView(UnvalidatedTmfView):
    """One item of a quote: a product, or a bundle of items."""

    id: str
    action: Action
    business_action: str
    product_offering: ReferenceView
    place: tuple[PlaceView, ...] | None = None
    product_characteristic: tuple[CharacteristicView, ...] | None = None
    charge_start: str | None = None
    """When the recurring charges begin: `nextMonth`, or a day; on completion without it."""

    item_price: tuple[OrderPriceView, ...] | None = None
    item_total_price: tuple[OrderPriceView, ...] | None = None
    item_term: tuple[TermView, ...] | None = None
    first_month: FirstMonthView | None = None
    product_order_item: tuple["QuoteItemView", ...] | None = None


class QuoteView(UnvalidatedTmfView):
    """A priced order that is not placed yet (our own description, in the words of TMF648)."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.QUOTE]})

    id: str
    href: str
    quote_date: UtcTimestamp
    valid_for: ValidityView
    """Until it ends, an order can be placed with these prices."""

    related_party: tuple[ReferenceView, ...]
    product_order: ReferenceView | None = None
    """The order that was placed with it."""

    quote_total_price: tuple[OrderPriceView, ...]
    product_order_item: tuple[QuoteItemView, ...]
    type: Annotated[str, Field(alias="@type")] = "Quote"


def show_quote(quote: Quote) -> QuoteView:
    """Show a quote."""
    charges = (charge for item in quote.content.items for charge in item.charges)
    order = quote.order_id
    return QuoteView(
        id=str(quote.id),
        href=f"{QUOTES_PATH}/{quote.id}",
        quote_date=quote.made_at,
        valid_for=ValidityView(end_date_time=quote.valid_until),
        related_party=(ReferenceView(id=quote.party_id),),
        product_order=ReferenceView(id=str(order), href=f"{ORDERS_PATH}/{order}")
        if order
        else None,
        quote_total_price=tuple(total_prices(charges)),
        product_order_item=tuple(quote_items(quote)),
    )


def quote_items(quote: Quote) -> Iterator[QuoteItemView]:
    """Show the items nested as they were requested, in their order."""
    bundles = {each.id: each for each in quote.content.bundles}
    items = {each.id: each for each in quote.content.items}
    for id_ in dict.fromkeys(item.bundle_item or item.id for item in quote.content.items):
        if id_ in bundles:
            yield quote_bundle_item(bundles[id_], quote)
        else:
            yield quote_item(items[id_], quote.made_at)


def quote_bundle_item(bundle: BundleParentItem, quote: Quote) -> QuoteItemView:
    """Show the item of a bundle, with the items in it."""
    members = [item for item in quote.content.items if item.bundle_item == bundle.id]
    charges = (charge for item in members for charge in item.charges)
    return QuoteItemView(
        id=bundle.id,
        action=members[0].ordered.action,
        business_action=members[0].ordered.business_action,
        product_offering=offering_reference(
            bundle.offering_id, bundle.offering_name, bundle.catalogue_version
        ),
        item_total_price=tuple(total_prices(charges)) or None,
        product_order_item=tuple(quote_item(item, quote.made_at) for item in members),
    )


def quote_item(item: Item, made_at: datetime) -> QuoteItemView:
    """Show the item of one product."""
    ordered = item.ordered
    return QuoteItemView(
        id=ordered.id,
        action=ordered.action,
        business_action=ordered.business_action,
        product_offering=offering_reference(
            ordered.offering_id, ordered.offering_name, ordered.catalogue_version
        ),
        place=place_views(ordered.address_id, item.local_network),
        product_characteristic=characteristic_views(ordered.characteristics),
        charge_start=shown_charge_start(item),
        item_price=price_lines(item.charges, ordered.offering_id, ordered.bundle) or None,
        item_total_price=tuple(total_prices(item.charges)) or None,
        item_term=price_terms(item.charges, item.commitment),
        first_month=first_month_view(item, made_at),
    )


def first_month_view(item: Item, made_at: datetime) -> FirstMonthView | None:
    """Show what an item's recurring charges cost first; None without any."""
    recurring = [each for each in item.charges if each.kind is PriceKind.RECURRING]
    if not recurring:
        return None
    today = local_day(item.local_network, made_at)
    begin = charges_begin(item.charge_start, item.charged_from, today)
    cents = sum(first_month_cents(each.cents, each.first_month, begin) for each in recurring)
    return FirstMonthView(charged_from=begin, price=MoneyView.of(cents))
