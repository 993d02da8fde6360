"""The header of an order: customer, channel, priority and dates."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from services.order.domain.acceptance.request import (
    DEFAULT_CHANNEL,
    DEFAULT_PRIORITY,
    RequestedOrder,
    RequestedParty,
)
from services.order.domain.business_actions import ProductPart
from services.order.domain.catalogue.eligibility import CHANNELS, CUSTOMER_CATEGORIES
from services.order.domain.identity.document_faults import false_number_fault
from services.order.domain.order import OrderContent
from shared.contracts import (
    DEFAULT_CATEGORIES,
    Customer,
    PartyKind,
    PaymentMode,
    party_kind_of,
)
from shared.errors import Fault
from shared.input.identity_numbers import is_invalid_identity_number
from shared.input.text_comparison import comparable_word

CUSTOMER_ROLE = "customer"
PREVIOUS_OWNER_ROLE = "previous owner"
"""The role of the customer whose products go to that of the order."""

UNSPECIFIED_TYPE = "Party"
"""The type shown for a customer of unknown kind. A request that repeats it states no kind."""

TYPES_WITHOUT_KIND = (UNSPECIFIED_TYPE, "PartyRole", "Customer")
"""Types by which standard clients state no kind (TMF622's RelatedParty, TMF629)."""

PARTY_KINDS = dict.fromkeys(map(comparable_word, TYPES_WITHOUT_KIND), "") | {
    comparable_word(each): each for each in PartyKind
}
"""Kinds of customers by the comparable form of `@referredType`; empty for no kind."""

HIGHEST_PRIORITY, LOWEST_PRIORITY = 0, 4
PRIORITIES = [str(each) for each in range(HIGHEST_PRIORITY, LOWEST_PRIORITY + 1)]


def header_faults(requested: RequestedOrder, now: datetime) -> Iterator[Fault]:
    """Name what is wrong with an order apart from its items."""
    yield from customer_faults(requested)
    yield from channel_faults(requested)
    if requested.priority and requested.priority not in PRIORITIES:
        yield Fault(
            "/priority", "priority-unknown", "there is no such priority", "use 0 (most urgent) to 4"
        )
    if requested.payment_mode and requested.payment_mode not in tuple(PaymentMode):
        yield Fault(
            "/paymentMode",
            "payment-mode-unknown",
            "there is no such payment mode",
            f"use one of: {', '.join(PaymentMode)}, or leave it out",
        )
    yield from date_faults(requested, now)


def date_faults(requested: RequestedOrder, now: datetime) -> Iterator[Fault]:
    """Name requested dates that cannot be met."""
    start, completion = requested.requested_start, requested.requested_completion
    if start and start > now:
        yield Fault(
            "/requestedStartDate",
            "start-in-future",
            "an order is begun as soon as it is accepted",
            "leave requestedStartDate out, or send the order when it is to begin",
        )
    if completion and completion <= now:
        yield Fault(
            "/requestedCompletionDate",
            "completion-in-past",
            "the requested completion is before the order is placed",
            "give a later date-time, or leave requestedCompletionDate out",
        )
    elif start and completion and completion < start:
        yield Fault(
            "/requestedCompletionDate",
            "completion-before-start",
            "the requested completion is before the requested start",
            "give a date-time after requestedStartDate, or leave one of them out",
        )


def customer_parties(requested: RequestedOrder) -> list[RequestedParty]:
    """Return the parties that are named as the customer."""
    return [party for party in requested.parties if comparable_word(party.role) == CUSTOMER_ROLE]


def customer_id_of(requested: RequestedOrder) -> str:
    """Return the id of the customer; empty if none is named."""
    return next((each.id for each in customer_parties(requested)), "")


def previous_owners(requested: RequestedOrder) -> list[RequestedParty]:
    """Return the parties whose products are said to go to the customer."""
    role = comparable_word(PREVIOUS_OWNER_ROLE)
    return [each for each in requested.parties if comparable_word(each.role) == role]


def previous_owner_of(requested: RequestedOrder) -> str:
    """Return the id of the customer whose products go to that of the order; empty without one."""
    return next((each.id for each in previous_owners(requested)), "")


def parse_party_kind(referred_type: str) -> str:
    """Return the stated kind of a party; empty if none is stated, an unknown word as it is."""
    return PARTY_KINDS.get(comparable_word(referred_type), referred_type)


def customer_faults(requested: RequestedOrder) -> Iterator[Fault]:
    """Name what is wrong with the customer: there must be exactly one."""
    found = customer_parties(requested)
    if not found:
        yield Fault(
            "/relatedParty",
            "customer-missing",
            "no party is named as the customer",
            'add one with role "customer" and its id in the CRM',
        )
    is_transfer = any(item.may_change(ProductPart.CUSTOMER) for item in requested.items)
    for extra in previous_owners(requested)[1:] if is_transfer else ():
        reason, remedy = "products go from one customer to one other", "send one order for each"
        yield Fault(f"{extra.field}/role", "previous-owner-twice", reason, remedy)
    for extra in found[1:]:
        yield Fault(
            f"{extra.field}/role",
            "customer-twice",
            "an order has one customer",
            'name only one with role "customer"',
        )
    for party in found:
        yield from party_faults(party)


def party_faults(party: RequestedParty) -> Iterator[Fault]:
    """Name what is wrong with one customer."""
    if not party.id:
        yield Fault(
            f"{party.field}/id", "customer-id-missing", "the customer has no id", "give the CRM's"
        )
    if party.category and party.category not in CUSTOMER_CATEGORIES:
        yield Fault(
            f"{party.field}/category",
            "category-unknown",
            "there is no such category of customers",
            f"use one of: {', '.join(CUSTOMER_CATEGORIES)}",
        )
    yield from party_kind_faults(party)
    yield from identification_faults(party)


def party_kind_faults(party: RequestedParty) -> Iterator[Fault]:
    """Name an unknown kind, or a contradiction between kind and category."""
    if party.kind not in PARTY_KINDS.values():
        yield Fault(
            f"{party.field}/@referredType",
            "kind-unknown",
            "there is no such kind of customers",
            f"use one of: {', '.join(PartyKind)}, or leave @referredType out",
        )
    elif party.category in CUSTOMER_CATEGORIES and party.kind not in {
        "",
        party_kind_of(party.category),
    }:
        yield Fault(
            f"{party.field}/@referredType",
            "kind-contradicts-category",
            "business and key-account customers are organizations, public ones are individuals",
            f"give {party_kind_of(party.category)}, or leave @referredType or category out",
        )


def identification_faults(party: RequestedParty) -> Iterator[Fault]:
    """Name numbers whose form or check digit does not fit their identification type."""
    for identification in party.identifications:
        if is_invalid_identity_number(identification.kind, identification.number):
            yield false_number_fault(identification.field, "identificationType")


def channel_faults(requested: RequestedOrder) -> Iterator[Fault]:
    """Name what is wrong with the channel, if one is named."""
    for channel in requested.channels:
        if channel.value not in CHANNELS:
            yield Fault(
                channel.field,
                "channel-unknown",
                "there is no such channel",
                f"use one of: {', '.join(CHANNELS)}",
            )
    for extra in requested.channels[1:]:
        yield Fault(extra.field, "channel-twice", "an order comes by one channel", "name only one")


def channel_of(requested: RequestedOrder) -> str:
    """Return the channel of an order."""
    return requested.channels[0].value if requested.channels else DEFAULT_CHANNEL


def priority_of(requested: RequestedOrder) -> int:
    """Return how urgent an order is."""
    return int(requested.priority) if requested.priority else DEFAULT_PRIORITY


def category_of(party: RequestedParty, known_category: str = "") -> str:
    """Return the category of a customer, as this order states it, or an earlier one.

    If no order states one, organizations are business and all others public customers.
    """
    default = DEFAULT_CATEGORIES.get(party.kind, "public")
    return party.category or earlier_category(party, known_category) or default


def earlier_category(party: RequestedParty, known_category: str) -> str:
    """Return the category from earlier orders, unless this one states or contradicts it."""
    if party.category or not known_category:
        return ""
    return known_category if party.kind in {"", party_kind_of(known_category)} else ""


def customer_id_if_category_open(requested: RequestedOrder) -> str:
    """Return the id of the customer if the order leaves its category open; else an empty text.

    Persons are public customers; businesses and key accounts are both organizations.
    """
    parties = (each for each in customer_parties(requested) if not each.category)
    return next((each.id for each in parties if each.kind != PartyKind.INDIVIDUAL), "")


def category_from_orders(contents: Iterable[OrderContent]) -> str:
    """Return the category of a customer from its orders, newest first; empty if none has it."""
    return next((each.customer_category for each in contents if each.customer_category), "")


def customer_of(requested: RequestedOrder) -> Customer:
    """Return the customer as the order states it; missing attributes are empty."""
    party = customer_parties(requested)[0]
    return Customer(
        id=party.id,
        account_id=requested.account_id,
        name=party.name,
        phone=party.phone,
        email=party.email,
        identity_number=party.identity_number,
        category=party.category,
        kind=party.kind,
        payment_mode=requested.payment_mode,
    )
