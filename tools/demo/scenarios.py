"""The kinds of orders that the demonstration posts, with the expected outcome of each.

The scenarios themselves, and how often each is posted, are in `day.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class PostOutcome(StrEnum):
    """The possible outcomes of a post."""

    COMPLETED = "completed"
    FAILED = "failed"
    REJECTED = "rejected"
    REFUSED = "refused"
    """Not accepted: the answer was a 4xx."""

    REPEATED = "repeated"
    """The order was known already: the first answer was repeated."""


class DemoProduct(StrEnum):
    """The ordered product, by the name of its example."""

    FIBRE = "ftth-new"
    TERM = "ftth-term-new"
    """Fibre with a commitment of two years."""

    TELEPHONE = "voice-new"
    PICKED = "voice-picked"
    """A telephone with a number that was searched for and held."""

    SECOND_NUMBER = "second-number-new"
    HOME = "bundle-home"
    """Fibre and telephone in a bundle."""

    FAMILY = "bundle-converged"
    """Fibre, IPTV, a mobile plan, a member card and a data pack in a bundle."""

    IPTV = "iptv-new"
    CONTENT_PACK = "content-pack-new"
    STATIC_IP = "static-ip-new"
    LEASED_LINE = "leased-line-new"
    VPN = "vpn-new"
    """A private network with two sites."""

    RENTAL = "rental-new"
    CARDS = "cards-new"
    MOBILE = "mobile-new"
    MEMBER_CARD = "member-card-new"
    DATA_PACK = "data-pack-new"


LINES: Mapping[DemoProduct, str] = {
    DemoProduct.FIBRE: "ftth",
    DemoProduct.TERM: "ftth",
    DemoProduct.TELEPHONE: "voice",
    DemoProduct.PICKED: "voice",
    DemoProduct.SECOND_NUMBER: "secondnumber",
    DemoProduct.HOME: "ftth",
    DemoProduct.FAMILY: "ftth",
    DemoProduct.IPTV: "iptv",
    DemoProduct.CONTENT_PACK: "contentpack",
    DemoProduct.STATIC_IP: "staticip",
    DemoProduct.LEASED_LINE: "leasedline",
    DemoProduct.VPN: "vpnsite",
    DemoProduct.RENTAL: "rental",
    DemoProduct.CARDS: "card",
    DemoProduct.MOBILE: "mobile",
    DemoProduct.MEMBER_CARD: "membercard",
    DemoProduct.DATA_PACK: "datapack",
}
"""The line of business of each product: the specification of what is changed of it."""


class DemoPart(StrEnum):
    """A part of the demonstration's day, which can be shown alone."""

    NEW = "new"
    """New products of all lines."""

    CHANGES = "changes"
    """Changes of products: speed, number, SIM card, address, customer, suspension."""

    DISCONNECTIONS = "disconnections"
    FAULTS = "faults"
    """Elements that drop answers or refuse, and addresses where nothing is free."""

    REFUSALS = "refusals"
    """Orders that are not accepted, each with its reason."""

    REPETITIONS = "repetitions"
    """Orders that are posted again, and answered as before."""


class AddressKind(StrEnum):
    """The kind of installation address."""

    USUAL = "usual"
    DROPPING_OLT = "dropping-olt"
    """The OLT does its work and drops the answer."""

    REFUSING_OLT = "refusing-olt"
    """The OLT refuses."""

    UNSERVED = "unserved"
    FULL = "full"
    """The splitter has no free leg."""


class Variation(StrEnum):
    """How a post differs from a plain order."""

    NONE = ""
    BAD_SPEED = "bad-speed"
    """A characteristic has a value that the specification does not allow."""

    SAME_EXTERNAL_ID = "same-external-id"
    SAME_KEY = "same-key"
    OTHER_UNDER_EXTERNAL_ID = "other-under-external-id"
    OTHER_UNDER_KEY = "other-under-key"
    DISCONNECT = "disconnect"
    CHANGE = "change"
    CHANGE_NUMBER = "change-number"
    SIM_SWAP = "sim-swap"
    MOVE = "move"
    SUSPEND = "suspend"
    RESUME = "resume"
    TRANSFER = "transfer"
    CHANGE_PAYMENT = "change-payment"
    RENEW = "renew"
    BUNDLE_JOIN = "bundle-join"
    BUNDLE_LEAVE = "bundle-leave"


ENDING = frozenset({Variation.DISCONNECT})
"""Variations that end the products of an earlier post."""

OF_ALL_PRODUCTS = frozenset({*ENDING, Variation.MOVE, Variation.TRANSFER, Variation.BUNDLE_LEAVE})
"""Variations that concern all products of an earlier post, with what relies on them."""

CHANGING = frozenset(
    {
        *OF_ALL_PRODUCTS,
        *(Variation.CHANGE, Variation.CHANGE_NUMBER, Variation.SIM_SWAP),
        *(Variation.SUSPEND, Variation.RESUME, Variation.CHANGE_PAYMENT),
        *(Variation.BUNDLE_JOIN, Variation.RENEW),
    }
)
"""Variations that change or end products of an earlier post."""

STAND_ALONE = frozenset({Variation.NONE, Variation.BAD_SPEED})
"""Variations without an earlier post; all others refer to one."""


EXAMPLES: Mapping[AddressKind | Variation, str] = {
    AddressKind.UNSERVED: "unserved-address",
    AddressKind.FULL: "no-free-port",
    Variation.BAD_SPEED: "bad-characteristic",
    Variation.DISCONNECT: "disconnect",
    Variation.SIM_SWAP: "sim-swap",
    Variation.MOVE: "ftth-move",
    Variation.SUSPEND: "suspend",
    Variation.RESUME: "resume",
    Variation.TRANSFER: "transfer",
    Variation.CHANGE_PAYMENT: "change-payment",
    Variation.RENEW: "renew",
    Variation.BUNDLE_JOIN: "bundle-join",
    Variation.BUNDLE_LEAVE: "bundle-leave",
}
"""Examples that are not named after their product."""

CHANGE_EXAMPLES: Mapping[tuple[DemoProduct, Variation], str] = {
    (DemoProduct.FIBRE, Variation.CHANGE): "ftth-change",
    (DemoProduct.IPTV, Variation.CHANGE): "iptv-change",
    (DemoProduct.LEASED_LINE, Variation.CHANGE): "leased-line-change",
    (DemoProduct.MOBILE, Variation.CHANGE): "mobile-change",
    (DemoProduct.TELEPHONE, Variation.CHANGE_NUMBER): "voice-change-number",
}
"""Examples of changes that differ by product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One kind of post."""

    description: str
    share: int
    product: DemoProduct
    outcome: PostOutcome
    address_kind: AddressKind = AddressKind.USUAL
    variation: Variation = Variation.NONE
    status: int = 201
    """The HTTP status of the response."""

    code: str = ""
    """The code with which it is refused, rejected, or fails."""

    is_mandatory: bool = True
    """It is posted at least once, also with few orders."""

    @property
    def example(self) -> str:
        """The name of the example that it is made from."""
        special = EXAMPLES.get(self.address_kind) or EXAMPLES.get(self.variation)
        return special or CHANGE_EXAMPLES.get((self.product, self.variation)) or self.product

    @property
    def ends_products(self) -> bool:
        """Return whether it ends the products of an earlier post."""
        return self.variation in ENDING

    @property
    def changes_products(self) -> bool:
        """Return whether it changes or ends products of an earlier post."""
        return self.variation in CHANGING

    @property
    def action(self) -> str:
        """The business action that it orders."""
        return self.variation if self.changes_products else "new"

    @property
    def line(self) -> str:
        """The line of business of what it orders."""
        return LINES[self.product]

    @property
    def part(self) -> DemoPart:
        """The part of the day that it belongs to."""
        if self.outcome is PostOutcome.REFUSED:
            return DemoPart.REFUSALS
        if self.outcome is PostOutcome.REPEATED:
            return DemoPart.REPETITIONS
        if self.address_kind is not AddressKind.USUAL:
            return DemoPart.FAULTS
        if self.ends_products:
            return DemoPart.DISCONNECTIONS
        return DemoPart.CHANGES if self.changes_products else DemoPart.NEW

    @property
    def stands_alone(self) -> bool:
        """Return whether it needs no earlier post."""
        return self.variation in STAND_ALONE
