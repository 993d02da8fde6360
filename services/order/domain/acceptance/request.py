"""A requested order: it fits the schema, and is not validated by the domain yet."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from services.order.domain.business_actions import (
    BUSINESS_ACTIONS,
    OrderRule,
    ProductEffect,
    ProductPart,
    requested_action,
)
from services.order.domain.catalogue.prices import ChargeStart
from shared.contracts import BusinessAction
from shared.errors import Fault
from shared.input.timestamps import parse_day

DEFAULT_CHANNEL = "internet"
"""The channel of an order that states none: it came by our API, so over the internet."""

DEFAULT_PRIORITY = 4
CHARGE_STARTS = {each.value: each for each in ChargeStart}


class LocatedValue(NamedTuple):
    """A value, and the JSON pointer to it."""

    field: str
    value: str


class RequestedCharacteristic(NamedTuple):
    """One requested characteristic."""

    field: str
    name: str | None
    value: object


class RequestedIdentification(NamedTuple):
    """An identity document of a party."""

    field: str
    kind: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedCheck:
    """A reference to the real-name check of a party. Missing attributes are empty."""

    field: str
    system: str = ""
    reference: str = ""
    checked_at: datetime | None = None
    document_type: str = ""
    document_number: str = dataclass_field(default="", repr=False)
    """Only until the key of the identity is known."""

    has_number: bool = False
    has_false_number: bool = False
    """Whether the number does not fit the type of document."""

    identity: str = ""
    """The key of the customer's identity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedParty:
    """One party of the order, in its role."""

    field: str
    role: str = ""
    id: str = ""
    name: str = ""
    category: str = ""
    kind: str = ""
    """`Individual` or `Organization`; empty if not stated."""

    phone: str = ""
    email: str = ""
    identifications: tuple[RequestedIdentification, ...] = ()
    check: RequestedCheck | None = None

    @property
    def identity_number(self) -> str:
        """The number of the first identity document that has one."""
        return next((each.number for each in self.identifications if each.number), "")


class RequestedPlace(NamedTuple):
    """One place of a product."""

    field: str
    role: str
    id: str
    local_network: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedItem:
    """One item of the order. Missing attributes are empty."""

    field: str
    """JSON pointer to the item."""

    id: str = ""
    action: str = ""
    business_action: str = ""
    quantity: int = 1
    suspension_reason: str = ""
    disconnection_reason: str = ""
    stated_charge_start: str = ""
    """When its recurring charges begin: a rule or a day; empty if the offering decides."""

    offering_id: str = ""
    product_id: str = ""
    places: tuple[RequestedPlace, ...] = ()
    characteristics: tuple[RequestedCharacteristic, ...] = ()
    members: tuple["RequestedItem", ...] = ()
    unsupported_relationships: tuple[str, ...] = ()
    """JSON pointers to its relationships of types that are not supported."""

    base_item_ids: tuple[str, ...] = ()
    """The items of the order that are said to create the product on which its own relies."""

    base_product_ids: tuple[str, ...] = ()
    """The products on which its own is said to rely."""

    @property
    def names_base(self) -> bool:
        """Whether it says on what its product relies."""
        return bool(self.base_item_ids or self.base_product_ids)

    @property
    def enabled_action(self) -> BusinessAction | None:
        """The business action that it requests; None if that is not enabled."""
        return requested_action(self.action, self.business_action)

    @property
    def charge_start(self) -> ChargeStart | None:
        """The rule by which its recurring charges begin; None if it states none."""
        return CHARGE_STARTS.get(self.stated_charge_start)

    @property
    def charged_from(self) -> date | None:
        """The day on which its recurring charges begin; None if it states none."""
        return parse_day(self.stated_charge_start)

    @property
    def rule(self) -> OrderRule | None:
        """The rule for its action; None if that is not enabled."""
        action = self.enabled_action
        return BUSINESS_ACTIONS[action] if action else None

    def may_change(self, part: ProductPart) -> bool:
        """Tell whether its action may change a part of its product."""
        return self.rule is not None and part in self.rule.changes

    @property
    def effect(self) -> ProductEffect | None:
        """What it does to its product; None if its action is not enabled."""
        return self.rule.effect if self.rule else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedOrder:
    """The whole order. Missing attributes are empty."""

    items: tuple[RequestedItem, ...] = ()
    parties: tuple[RequestedParty, ...] = ()
    channels: tuple[LocatedValue, ...] = ()
    quotes: tuple[LocatedValue, ...] = ()
    """The quotes with which it is placed: one at most."""

    agreements: tuple[LocatedValue, ...] = ()
    """The agreements by which it is priced: one at most."""

    external_id: str = ""
    priority: str = ""
    account_id: str = ""
    payment_mode: str = ""
    category: str = ""
    description: str = ""
    notes: tuple[str, ...] = ()
    requested_start: datetime | None = None
    requested_completion: datetime | None = None
    after_open_order: bool = False
    """Whether it waits for the open orders that lock its products; else it is refused."""

    faults: tuple[Fault, ...] = ()
    """Schema faults; the faulty attributes count as missing."""

    @property
    def may_wait(self) -> bool:
        """Whether it waits for open orders of its products; one with a quote does not."""
        return self.after_open_order and not self.quotes

    @property
    def product_ids(self) -> list[UUID]:
        """The ids of the products that its items name, without those that are no UUID."""
        return [id_ for item in self.all_items if (id_ := parse_uuid(item.product_id))]

    @property
    def ids_with_dependents(self) -> list[UUID]:
        """The ids of the products that it ends, moves or transfers with their dependents."""
        leaving = (each for each in self.items if each.rule and each.rule.takes_dependents_along)
        return [id_ for each in leaving if (id_ := parse_uuid(each.product_id))]

    @property
    def base_product_ids(self) -> list[UUID]:
        """The ids of the products on which its new ones are said to rely."""
        named = (each for item in self.all_items for each in item.base_product_ids)
        return [id_ for each in named if (id_ := parse_uuid(each))]

    @property
    def quote_id(self) -> UUID | None:
        """The id of the quote with which it is placed; None without one."""
        return parse_uuid(self.quotes[0].value) if self.quotes else None

    @property
    def all_items(self) -> list["RequestedItem"]:
        """Its items, with those that are nested in them."""
        return list(flatten_items(self.items))


def flatten_items(items: Iterable[RequestedItem]) -> Iterator[RequestedItem]:
    """Yield items and those nested in them."""
    for item in items:
        yield item
        yield from flatten_items(item.members)


def parse_uuid(text: str) -> UUID | None:
    """Return the UUID in a text, or None if it is no UUID."""
    try:
        return UUID(text)
    except ValueError:
        return None
