"""The parts of messages about resources: what is needed, and what is held."""

from enum import StrEnum
from uuid import UUID

from shared.contracts.message_parts import Characteristic, ElementName, MessagePart
from shared.ids import named_id


class HoldAction(StrEnum):
    """What resources is to do for an item, for versions that do not know business actions."""

    RESERVE = "reserve"
    PRE_RELEASE = "pre_release"


class NeedEffect(StrEnum):
    """What resources is to do for one need."""

    RESERVE = "reserve"
    """A free resource is reserved for the service."""

    KEEP = "keep"
    """The service keeps the one that it holds, and the answer names it."""

    PRE_RELEASE = "pre_release"
    """The service gives up the one that it holds, when the order completes."""

    SWAP = "swap"
    """A free resource is reserved in place of the one that the service holds and gives up."""


RESERVING_EFFECTS = frozenset({NeedEffect.RESERVE, NeedEffect.SWAP})
"""The effects that reserve a free resource."""


class ServedFrom(StrEnum):
    """Which pool of a kind serves an address."""

    EXCHANGE = "exchange"
    """The pool of the exchange that serves the address."""

    SPLITTER = "splitter"
    """The pool of the splitter that serves the address."""

    REGION = "region"
    """The pool of the address's local network."""

    ANYWHERE = "anywhere"
    """The one pool of the tenant; no address is needed."""


class Need(MessagePart, frozen=True, kw_only=True):
    """One thing an item needs from the resource pools."""

    kind: str
    """`number`, `leg`, `vlan`, `loid`, `pair`, ...: the pool kinds of resources."""

    picked: str = ""
    """The value that the customer picked; empty for any."""

    grade: str = ""
    """The vanity grade that was sold with a picked number; empty for a plain one."""

    effect: NeedEffect | None = None
    """What is done for this need; null: what the item's business action does."""

    served_from: str = ""
    """`region` for a number of the local network, as of mobile service; empty: as its kind is.

    With the effect `keep`: what is kept must serve the new address so; empty: from anywhere.
    """


class ItemNeeds(MessagePart, frozen=True, kw_only=True):
    """What one order item reserves, keeps or gives up."""

    item_id: str
    service_id: UUID
    action: HoldAction
    """For versions of resources that do not know `business_action`, which decides."""

    business_action: str = ""
    """Empty in messages of earlier versions."""

    address_id: str = ""
    needs: tuple[Need, ...] = ()
    """Empty for a pre-release of all that the service holds."""

    local_network: str = ""
    """The area code of the address, by the order; an address elsewhere is refused."""

    sold_in: tuple[str, ...] = ()
    """An address in none of these local networks is refused; empty for all."""


class Held(MessagePart, frozen=True, kw_only=True):
    """One holding of a service."""

    kind: str
    value: str
    """Its name in the inventory; E.164 for a number."""

    pool: str = ""
    """Its pool, by which the inventory finds it."""

    element: ElementName = ""
    """The network element that it belongs to, if any."""

    attributes: tuple[Characteristic, ...] = ()
    """What is configured on an element for it, for example a PON port or a VLAN."""


FIRST_REQUEST = "assign"
"""The id of an order's first request for resources, which earlier versions left out."""


class ItemHoldings(MessagePart, frozen=True, kw_only=True):
    """What a request for resources has done for the service of one order item."""

    item_id: str
    service_id: UUID
    held: tuple[Held, ...]
    """What is reserved for it; if it ends and its request names no needs, all that it gives up."""

    local_network: str = ""
    """The area code of its address, by the inventory; empty if it has no address."""

    kept: tuple[Held, ...] = ()
    """What it keeps, for needs of this effect."""

    pre_released: tuple[Held, ...] = ()
    """What it gives up, unless that is in `held`: in use until the order completes."""

    @property
    def changed_holdings(self) -> tuple[Held, ...]:
        """What was reserved or pre-released."""
        return (*self.held, *self.pre_released)


class RefusalCode(StrEnum):
    """Why resources cannot provide what an order needs."""

    UNSERVED = "unserved"
    """It cannot be served at the address as ordered: the order is rejected.

    No plant of ours reaches the address, it lies in another local network than the order
    has, or the offering is not sold there.
    """

    NONE_FREE = "none-free"
    NOT_AVAILABLE = "not-available"
    """The picked value is held by another, or is not what was sold."""

    NOT_HELD = "not-held"
    """The service does not hold what a need keeps or gives up."""


RESERVATION_NAMESPACE = UUID("e0c2b1a4-7d3e-5f6a-8b9c-0d1e2f3a4b5c")


def reservation_key(order_id: UUID) -> UUID:
    """Return the key of the messages about an order's reservation.

    It is not the order's key: dead letters of that key must not block the question,
    and an order without a plan has dead letters.
    """
    return named_id(RESERVATION_NAMESPACE, str(order_id))
