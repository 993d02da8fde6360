"""The parts that messages are made of."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, TypeAlias
from uuid import UUID

import msgspec

from shared.contracts.personal import Personal

Value: TypeAlias = str | int | bool
"""The value of a characteristic."""

Cents: TypeAlias = int
"""Money in hundredths of the currency unit (CNY), excluding tax."""

BAR_CHARACTERISTIC = "bar"
"""The characteristic of an ordered item that says what is barred: `none`, `outgoing` or `both`.

It is that of the strongest reason for which the product is suspended after the order.
"""

NO_BAR = "none"

ElementName: TypeAlias = str
"""A network element, as the inventory names it."""


class MessagePart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A value inside a message."""


class Action(StrEnum):
    """What an order item does to a product (TMF622 `ItemActionType`)."""

    ADD = "add"
    MODIFY = "modify"
    DELETE = "delete"
    NO_CHANGE = "noChange"


class BusinessAction(StrEnum):
    """What an order item does to a product, in the operator's terms.

    Each service has one table that says what an action means there: `domain/business_actions.py`.
    """

    NEW = "new"
    """The product is installed (新装)."""

    CHANGE = "change"
    """The product gets another plan, speed or characteristic (变更)."""

    CHANGE_NUMBER = "change-number"
    """The product gets another number (改号)."""

    SIM_SWAP = "sim-swap"
    """The product gets another SIM card (补换卡)."""

    TRANSFER = "transfer"
    """The product goes to another customer (过户)."""

    MOVE = "move"
    """The product is delivered at another address (移机)."""

    RENEW = "renew"
    """Another term of the product's commitment follows the one that it has (续约)."""

    SUSPEND = "suspend"
    """The product is barred for a reason, and kept (停机)."""

    RESUME = "resume"
    """A reason is lifted; with the last one the product works again (复机)."""

    CHANGE_PAYMENT = "change-payment"
    """The product is paid through another account, or in another payment mode (付费变更)."""

    BUNDLE_JOIN = "bundle-join"
    """The product becomes a member of a bundle (加入融合)."""

    BUNDLE_LEAVE = "bundle-leave"
    """The product is sold alone from now on (退出融合)."""

    DISCONNECT = "disconnect"
    """The product is removed (拆机)."""

    KEEP = "keep"
    """The product stays as it is; the order only mentions it."""


class Characteristic(MessagePart, frozen=True, kw_only=True):
    """One named property of a product or a service."""

    name: str
    value: Value


class PartyKind(StrEnum):
    """What a customer is (TMF632)."""

    INDIVIDUAL = "Individual"
    ORGANIZATION = "Organization"


ORGANIZATION_CATEGORIES = frozenset({"business", "key-account"})
"""The categories whose customers are organizations; all others are persons."""

DEFAULT_CATEGORIES: Mapping[str, str] = {
    PartyKind.INDIVIDUAL: "public",
    PartyKind.ORGANIZATION: "business",
}
"""The category of customers for whom only the kind is known."""


def party_kind_of(category: str) -> PartyKind:
    """Return the kind of the customers of a category: the one rule of all services."""
    return PartyKind.ORGANIZATION if category in ORGANIZATION_CATEGORIES else PartyKind.INDIVIDUAL


class PaymentMode(StrEnum):
    """When a product is paid (TMF666 `ratingType`)."""

    PREPAID = "prepaid"
    POSTPAID = "postpaid"


class Customer(MessagePart, frozen=True, kw_only=True):
    """The customer as given in the order. A field that the order lacks is empty."""

    id: str
    """The upstream CRM's id of the party."""

    account_id: str = ""
    name: Personal = ""
    phone: Personal = ""
    email: Personal = ""
    identity_number: Personal = ""
    category: str = "public"
    """`public`, `business` or `key-account`."""

    kind: str = ""
    """`Individual` or `Organization`, if the order has it."""

    payment_mode: str = ""
    """`prepaid` or `postpaid`, if the order has it."""


class OrderedItem(MessagePart, frozen=True, kw_only=True):
    """One item of an order: an action on one product."""

    id: str
    """The CRM's number of the item, unique in its order."""

    action: Action
    business_action: str
    """The operator's term for the action: `new`, `change`, `disconnect`, `keep`, or a later one."""

    offering_id: str
    offering_name: str
    specification: str
    """The product specification, which with the business action selects the blueprint."""

    catalogue_version: int
    """The version of the offering that was ordered."""

    product_id: UUID
    service_id: UUID
    address_id: str = ""
    local_network: str = ""
    """The area code of the address, by the order; resources checks it."""

    sold_in: tuple[str, ...] = ()
    """The local networks that the offering is sold in; empty for all. Resources checks it."""

    bundle: str = ""
    """The offering of the bundle that the item belongs to, if any."""

    characteristics: tuple[Characteristic, ...] = ()
    one_off_cents: Cents = 0
    monthly_cents: Cents = 0
    reason: str = ""
    """For which the product is suspended or disconnected, or which is lifted; else empty."""

    follows: UUID | None = None
    """The order that changed the product last, before this one: after a restore both may be
    consumed in any order. Null for a new product, and in messages of earlier versions."""

    base_product_id: UUID | None = None
    """The product on which this one relies, as IPTV on broadband; null if it relies on none."""

    base_service_id: UUID | None = None
    """The service of that product."""


class HeldProduct(MessagePart, frozen=True, kw_only=True):
    """A product as the installed base has it when its order completes."""

    item_id: str
    action: Action
    product_id: UUID
    service_id: UUID
    offering_id: str
    name: str
    number: Annotated[str, msgspec.Meta(description="E.164, if it has one")] = ""
    monthly_cents: Cents = 0

    client: str = ""
    """The client that ordered the product, and owns it."""

    business_action: str = ""
    """Empty in messages of earlier versions: then it follows from `action`."""

    suspended_for: tuple[str, ...] = ()
    """The reasons for which it is suspended; it is not if there are none."""
