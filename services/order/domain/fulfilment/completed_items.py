"""The messages by which the items of a completed order are handed over to billing (报竣)."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from uuid import UUID

import msgspec

from services.order.domain.catalogue.billing_dates import first_month_cents, months_between
from services.order.domain.catalogue.prices import PAID_ONCE, BillingMonth, PriceKind
from services.order.domain.catalogue.pricing import Charge
from services.order.domain.fulfilment.product import Product, ProductStatus
from services.order.domain.local_time import local_day
from services.order.domain.order import Item, Order
from shared.contracts import BillingCharge, ItemCompleted, business_action_of
from shared.ids import named_id


def completed_items(
    order: Order, before: Mapping[UUID, Product], after: Iterable[Product], now: datetime
) -> tuple[ItemCompleted, ...]:
    """Return the message of each item of a completed order.

    Args:
        order: the order.
        before: its products before, by id; those that it creates are not among them.
        after: its products as it leaves them.
        now: the time at which they are handed over.
    """
    by_id = {each.id: each for each in after}
    return tuple(
        item_completed(order, item, before.get(product.id), product, now)
        for item in order.items
        if (product := by_id.get(item.ordered.product_id))
    )


def item_completed(
    order: Order, item: Item, before: Product | None, after: Product, now: datetime
) -> ItemCompleted:
    """Return the message of one item, from its product before and after; None before a new one."""
    begin, end = changed_charges(before, after)
    paid_once = (each for each in item.charges if each.kind in PAID_ONCE)
    content, network = after.content, after.content.local_network
    begins_on = charging_day(after, now)
    commitment = content.commitment
    changed_hands = before if before and payer(before) != payer(after) else None
    return ItemCompleted(
        id=derive_completed_item_id(order.id, item.id),
        order_id=order.id,
        item_id=item.id,
        external_id=order.content.external_id,
        business_action=business_action_of(item.ordered).value,
        product_id=after.id,
        service_id=after.service_id,
        customer_id=after.party_id,
        account_id=after.content.account_id,
        previous_customer_id=changed_hands.party_id if changed_hands else "",
        previous_account_id=changed_hands.content.account_id if changed_hands else "",
        offering_id=after.offering_id,
        previous_offering_id=previous_offering(before, after),
        bundle=after.content.bundle,
        specification=after.specification,
        local_network=network,
        day=local_day(network, now),
        effective_from=now,
        ended_at=after.ended_at,
        charged_from=begins_on,
        committed_until=commitment.until if commitment and not after.ended_at else None,
        agreement_id=content.agreement_id,
        payment_mode=content.payment_mode,
        charges_begin=(
            *map(billing_charge, paid_once),
            *(beginning_charge(each, begins_on, before) for each in begin),
        ),
        charges_end=tuple(billing_charge(as_of(each, begins_on)) for each in end),
        reason=item.ordered.reason,
    )


def charging_day(after: Product, now: datetime) -> date:
    """Return the day from which the monthly charges that an item changes are due.

    It is the one that was agreed for a product that is new or priced anew, else that of completion;
    charges that are to begin later do not begin before.
    """
    today = local_day(after.content.local_network, now)
    return max(today, after.content.charged_from or today)


def derive_completed_item_id(order_id: UUID, item_id: str) -> UUID:
    """Return the id under which an item is handed over. It is deterministic."""
    return named_id(order_id, f"completed/{item_id}")


def payer(product: Product) -> tuple[str, str]:
    """Return the customer and the account that pay for a product."""
    return product.party_id, product.content.account_id


def previous_offering(before: Product | None, after: Product) -> str:
    """Return the offering that a product has no more; empty if it keeps its own."""
    return before.offering_id if before and before.offering_id != after.offering_id else ""


def changed_charges(
    before: Product | None, after: Product
) -> tuple[tuple[Charge, ...], tuple[Charge, ...]]:
    """Return the monthly charges of a product that begin, and those that end.

    One that stays as it is does neither, unless it is of another account or offering from now on.
    """
    old, new = monthly_charges(before), monthly_charges(after)
    if before and payer(before) == payer(after) and not previous_offering(before, after):
        return without(new, old), without(old, new)
    return new, old


def monthly_charges(product: Product | None) -> tuple[Charge, ...]:
    """Return what a product costs every month; one that is terminated costs nothing."""
    if product is None or product.status is ProductStatus.TERMINATED:
        return ()
    return tuple(each for each in product.content.due_charges if each.kind is PriceKind.RECURRING)


def without(charges: Iterable[Charge], others: tuple[Charge, ...]) -> tuple[Charge, ...]:
    """Return those charges that are not among the others."""
    return tuple(each for each in charges if each not in others)


def billing_charge(charge: Charge) -> BillingCharge:
    """Return a charge as it is published."""
    return BillingCharge(
        price_id=charge.price_id,
        name=charge.name,
        kind=charge.kind.value,
        cents=charge.cents,
        discount_id=charge.discount_id,
        discount_name=charge.discount_name,
        discount_cents=charge.discount_cents,
        term_months=charge.term_months,
        quantity=charge.quantity,
        discount_months=charge.discount_months,
        tax_basis_points=charge.tax_basis_points,
        tax_cents=charge.tax_cents,
    )


def beginning_charge(charge: Charge, begins_on: date, before: Product | None) -> BillingCharge:
    """Return a monthly charge that begins, with what its first calendar month costs.

    One that the product had before, which another account pays now or a suspension has interrupted,
    goes on: its month is divided by days, and its discount is given for the months that are left.
    """
    goes_on = before is not None and charge in before.content.charges
    rule = BillingMonth.DAILY if goes_on else charge.first_month
    due = as_of(charge, begins_on)
    first = first_month_cents(due.cents, rule, begins_on)
    return msgspec.structs.replace(billing_charge(due), first_month_cents=first)


def as_of(charge: Charge, day: date) -> Charge:
    """Return a charge as it is due on a day: a discount for some months may be over by then."""
    if not charge.discount_months or charge.since is None:
        return charge
    left = charge.discount_months - months_between(charge.since, day)
    if left > 0:
        return msgspec.structs.replace(charge, discount_months=left)
    return msgspec.structs.replace(
        charge,
        discount_id="",
        discount_name="",
        discount_percent=0,
        discount_cents=0,
        discount_months=0,
    )
