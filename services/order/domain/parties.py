"""Who orders, and by which way: the parts of an order that are not its items."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from services.order.domain.order import USUAL, Content
from services.order.domain.request import (
    CATEGORIES,
    CHANNELS,
    DEFAULT_CHANNEL,
    DEFAULT_PRIORITY,
    GivenOrder,
    GivenParty,
)
from shared.contracts import Customer, PartyKind, kind_of
from shared.errors import Fault
from shared.input.identities import is_false
from shared.input.texts import word

CUSTOMER = "customer"
UNSAID = "Party"
"""What a customer is shown as whose kind is not known; who sends it back says as little."""

WITHOUT_KIND = (UNSAID, "PartyRole", "Customer")
"""What a standard client may call a customer (TMF622's RelatedParty, TMF629) without its kind."""

KINDS = dict.fromkeys(map(word, WITHOUT_KIND), "") | {word(each): each for each in PartyKind}
"""What a customer may be said to be, by its spelling as words are compared."""

URGENT, LEISURELY = 0, 4
PRIORITIES = [str(each) for each in range(URGENT, LEISURELY + 1)]


def check_head(given: GivenOrder, now: datetime) -> Iterator[Fault]:
    """Name what is wrong with an order apart from its items."""
    yield from check_customer(given)
    yield from check_channel(given)
    if given.priority and given.priority not in PRIORITIES:
        yield Fault(
            "/priority", "priority-unknown", "there is no such priority", "use 0 (most urgent) to 4"
        )
    yield from check_dates(given, now)


def check_dates(given: GivenOrder, now: datetime) -> Iterator[Fault]:
    """Name requested dates that cannot be kept."""
    start, completion = given.requested_start, given.requested_completion
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
            "the order is wanted complete before it is placed",
            "give a later date-time, or leave requestedCompletionDate out",
        )
    elif start and completion and completion < start:
        yield Fault(
            "/requestedCompletionDate",
            "completion-before-start",
            "the order is wanted complete before it begins",
            "give a date-time after requestedStartDate, or leave one of them out",
        )


def customers(given: GivenOrder) -> list[GivenParty]:
    """Return the parties that are named as the customer."""
    return [party for party in given.parties if word(party.role) == CUSTOMER]


def kind_said(referred_type: str) -> str:
    """Return what a party is said to be, empty where nothing is; another word as it was said."""
    return KINDS.get(word(referred_type), referred_type)


def check_customer(given: GivenOrder) -> Iterator[Fault]:
    """Name what is wrong with the customer: there must be exactly one."""
    found = customers(given)
    if not found:
        yield Fault(
            "/relatedParty",
            "customer-missing",
            "nobody is named as the customer",
            'add one with role "customer" and its id in the CRM',
        )
    for extra in found[1:]:
        yield Fault(
            f"{extra.field}/role",
            "customer-twice",
            "an order has one customer",
            'name only one with role "customer"',
        )
    for party in found:
        yield from check_party(party)


def check_party(party: GivenParty) -> Iterator[Fault]:
    """Name what is wrong with one customer."""
    if not party.id:
        yield Fault(
            f"{party.field}/id", "customer-id-missing", "the customer has no id", "give the CRM's"
        )
    if party.category and party.category not in CATEGORIES:
        yield Fault(
            f"{party.field}/category",
            "category-unknown",
            "there is no such category of customers",
            f"use one of: {', '.join(CATEGORIES)}",
        )
    yield from check_kind(party)
    yield from check_papers(party)


def check_kind(party: GivenParty) -> Iterator[Fault]:
    """Name a kind that there is not, or a contradiction between kind and category."""
    if party.kind not in KINDS.values():
        yield Fault(
            f"{party.field}/@referredType",
            "kind-unknown",
            "there is no such kind of customers",
            f"use one of: {', '.join(PartyKind)}, or leave @referredType out",
        )
    elif party.category in CATEGORIES and party.kind not in {"", kind_of(party.category)}:
        yield Fault(
            f"{party.field}/@referredType",
            "kind-contradicts-category",
            "business and key-account customers are organizations, public ones are individuals",
            f"give {kind_of(party.category)}, or leave @referredType or category out",
        )


def check_papers(party: GivenParty) -> Iterator[Fault]:
    """Name numbers whose check digit is not that of the paper that they are said to be on."""
    for paper in party.papers:
        if is_false(paper.kind, paper.number):
            yield Fault(
                paper.field,
                "identity-number-false",
                "the number cannot be one of this identificationType: its form or check digit",
                "copy it from the paper again, or name another identificationType",
            )


def check_channel(given: GivenOrder) -> Iterator[Fault]:
    """Name what is wrong with the channel, if one is named."""
    for channel in given.channels:
        if channel.value not in CHANNELS:
            yield Fault(
                channel.field,
                "channel-unknown",
                "there is no such channel",
                f"use one of: {', '.join(CHANNELS)}",
            )
    for extra in given.channels[1:]:
        yield Fault(extra.field, "channel-twice", "an order comes by one channel", "name only one")


def channel_of(given: GivenOrder) -> str:
    """Return the channel by which an order came."""
    return given.channels[0].value if given.channels else DEFAULT_CHANNEL


def priority_of(given: GivenOrder) -> int:
    """Return how urgent an order is."""
    return int(given.priority) if given.priority else DEFAULT_PRIORITY


def category_of(party: GivenParty, known: str = "") -> str:
    """Return the category that a customer buys in: as the order says it, or an earlier one.

    Where no order says one, organizations are businesses and all others public customers.
    """
    usual = USUAL.get(party.kind, "public")
    return party.category or remembered(party, known) or usual


def remembered(party: GivenParty, known: str) -> str:
    """Return the category that earlier orders say, where this one neither says nor denies it."""
    is_needed = known and not party.category and party.kind in {"", kind_of(known)}
    return known if is_needed else ""


def customer_unsaid(given: GivenOrder) -> str:
    """Return the id of the customer whose category an order leaves open; else nothing.

    Persons are public customers; businesses and key accounts are both organizations.
    """
    open_ = (each for each in customers(given) if not each.category)
    return next((each.id for each in open_ if each.kind != PartyKind.INDIVIDUAL), "")


def category_said(contents: Iterable[Content]) -> str:
    """Return the category of a customer by its orders, newest first; empty if none says it."""
    return next((each.customer_category for each in contents if each.customer_category), "")


def customer_of(given: GivenOrder) -> Customer:
    """Return the customer as the order carries it; what it does not say is empty."""
    party = customers(given)[0]
    return Customer(
        id=party.id,
        account_id=given.account_id,
        name=party.name,
        phone=party.phone,
        email=party.email,
        identity_number=party.identity_number,
        category=party.category,
        kind=party.kind,
    )
