"""Quotes: an order that is priced and not placed yet, and that keeps its prices for some time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec

from services.order.domain.acceptance.request import LocatedValue
from services.order.domain.business_actions import ON_EXISTING
from services.order.domain.order import BundleParentItem, Item, StoredStruct
from shared.contracts import Characteristic
from shared.errors import ConflictError, Fault, InvalidError

VALIDITY = timedelta(days=30)
"""For how long a quote keeps its prices."""


class QuoteContent(StoredStruct, frozen=True, kw_only=True):
    """What a quote is for, and its prices."""

    items: tuple[Item, ...]
    bundles: tuple[BundleParentItem, ...] = ()
    agreement_id: str = ""
    """The agreement that the request named."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A priced order of one customer that is not placed yet."""

    id: UUID
    tenant: str
    client: str
    party_id: str
    made_at: datetime
    valid_until: datetime
    order_id: UUID | None
    """The order that was placed with it."""

    idempotency_key: str | None
    fingerprint: bytes
    """The keyed fingerprint of the request's body."""

    content: QuoteContent


class QuoteUsedError(ConflictError):
    """Another order was placed with the quote."""

    code = "quote-used"

    def __init__(self, quote: Quote) -> None:
        super().__init__(
            f"order {quote.order_id} was placed with the quote {quote.id}",
            remedy="ask for another quote, or order without one",
        )


def quote_faults(
    stated: Sequence[LocatedValue], quote: Quote | None, party_id: str, now: datetime
) -> Iterator[Fault]:
    """Name what is wrong with the quote that an order names.

    Args:
        stated: the quotes that it names: one at most.
        quote: the first of them, if the client may see it.
        party_id: the customer of the order.
        now: when the order is placed.
    """
    for extra in stated[1:]:
        reason = "an order is placed with one quote"
        yield Fault(extra.field, "quote-twice", reason, "send one order for each")
    if not stated:
        return
    at = stated[0].field
    if quote is None or quote.party_id != party_id:
        reason = "the customer has no such quote"
        yield Fault(at, "quote-unknown", reason, "name one of the customer's, or none")
    elif now >= quote.valid_until:
        reason = f"the quote was valid until {quote.valid_until.isoformat()}"
        yield Fault(at, "quote-expired", reason, "ask for another quote, or order without one")


class Ordered(NamedTuple):
    """What an item orders: two items that are equal in it have the same price in a quote."""

    id: str
    business_action: str
    offering_id: str
    existing_product: UUID | None
    address_id: str
    local_network: str
    bundle: str
    reason: str
    follows: UUID | None
    """The order that has changed the product last: the product is as it was quoted."""

    charge_start: str
    charged_from: date | None
    characteristics: frozenset[Characteristic]


def what_is_ordered(item: Item) -> Ordered:
    """Return what an item orders."""
    ordered = item.ordered
    return Ordered(
        ordered.id,
        ordered.business_action,
        ordered.offering_id,
        ordered.product_id if item.effect in ON_EXISTING else None,
        ordered.address_id,
        ordered.local_network,
        ordered.bundle,
        ordered.reason,
        ordered.follows,
        item.charge_start,
        item.charged_from,
        frozenset(ordered.characteristics),
    )


def quoted_items(items: Iterable[Item], quote: Quote) -> tuple[Item, ...]:
    """Return the items of an order with the prices of its quote.

    Raises:
        InvalidError: if the quote is for other items.
        QuoteUsedError: if another order was placed with it.
    """
    if quote.order_id:
        raise QuoteUsedError(quote)
    ordered = tuple(items)
    quoted = {each.id: each for each in quote.content.items}
    differing = [
        each.id
        for each in ordered
        if each.id not in quoted or what_is_ordered(each) != what_is_ordered(quoted[each.id])
    ]
    if differing or len(ordered) != len(quoted):
        named = f": {', '.join(differing)}" if differing else ""
        reason = f"the quote is for other items{named}"
        remedy = "order the items of the quote as they are, or ask for another quote"
        raise InvalidError([Fault("/quote", "quote-mismatch", reason, remedy)])
    return tuple(with_quoted_prices(each, quoted[each.id]) for each in ordered)


def with_quoted_prices(item: Item, quoted: Item) -> Item:
    """Return an item with the offering's version, the prices and the commitment of a quote."""
    ordered = msgspec.structs.replace(
        item.ordered,
        catalogue_version=quoted.ordered.catalogue_version,
        offering_name=quoted.ordered.offering_name,
        one_off_cents=quoted.ordered.one_off_cents,
        monthly_cents=quoted.ordered.monthly_cents,
    )
    return msgspec.structs.replace(
        item,
        ordered=ordered,
        charges=quoted.charges,
        agreement_id=quoted.agreement_id,
        commitment=quoted.commitment,
    )
