"""What a product costs after an item: its charges, since when, and its commitment."""

from datetime import date, datetime

import msgspec

from services.order.domain.business_actions import rule_of
from services.order.domain.catalogue.billing_dates import charges_begin
from services.order.domain.catalogue.prices import PriceKind
from services.order.domain.catalogue.pricing import Charge, lasting_total
from services.order.domain.fulfilment.commitment import new_commitment
from services.order.domain.fulfilment.product import ProductContent
from services.order.domain.local_time import local_day
from services.order.domain.order import Item


def with_charges(content: ProductContent, item: Item, now: datetime) -> ProductContent:
    """Return the content of a product with the offering and the charges of an item.

    If its present charges have not begun yet, the new ones do not begin before them.
    """
    ordered = item.ordered
    completed = local_day(item.local_network, now)
    begin = charges_begin(item.charge_start, item.charged_from, completed)
    begin = max(begin, content.charged_from or begin)
    return msgspec.structs.replace(
        content,
        name=ordered.offering_name,
        catalogue_version=ordered.catalogue_version,
        charges=tuple(begun_charge(each, begin) for each in item.charges),
        monthly_cents=ordered.monthly_cents,
        charged_from=begin,
        agreement_id=item.agreement_id,
    )


def begun_charge(charge: Charge, begin: date) -> Charge:
    """Return a charge with the day from which it is due; one that was due before keeps its own."""
    if charge.since or charge.kind is not PriceKind.RECURRING:
        return charge
    return msgspec.structs.replace(charge, since=begin)


def with_commitment(content: ProductContent, item: Item, now: datetime) -> ProductContent:
    """Return the content of a product with the commitment that an item agrees on, if it does."""
    if item.commitment is None:
        return content
    completed = local_day(item.local_network, now)
    renewed = content.commitment if rule_of(item.ordered).renews_commitment else None
    agreed = new_commitment(item.commitment, lasting_total(content.charges), completed, renewed)
    return msgspec.structs.replace(content, commitment=agreed)
