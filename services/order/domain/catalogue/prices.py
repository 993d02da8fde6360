"""Prices of offerings, discounts on them and commitments, as data."""

from dataclasses import dataclass
from enum import StrEnum

from services.order.domain.business_actions import NEW_INSTALLATION
from shared.contracts import BusinessAction, Value
from shared.input.numbers import Boolean, WholeNumber
from shared.input.timestamps import Timestamp


class PriceKind(StrEnum):
    """How a price is charged."""

    ONE_TIME = "oneTime"
    RECURRING = "recurring"
    """Every month."""

    MINIMUM_SPEND = "minimumSpend"
    """At least this much is charged every month of a term."""

    PREPAYMENT = "prepayment"
    """Paid once in advance; billing gives it back in equal parts over a term."""

    USAGE = "usage"
    """For each unit that is used: billing charges it, an order does not."""


PAID_ONCE = frozenset({PriceKind.ONE_TIME, PriceKind.PREPAYMENT})
"""The kinds of prices that are paid once, with the order."""

WITH_TERM = frozenset({PriceKind.MINIMUM_SPEND, PriceKind.PREPAYMENT})
"""The kinds of prices that have a term."""


class BillingMonth(StrEnum):
    """What is charged for the first calendar month, if a charge begins within it."""

    DAILY = "daily"
    """A part of the month: its remaining days, the first one included."""

    FULL = "full"
    FREE = "free"


class ChargeStart(StrEnum):
    """When recurring charges begin, in the time of the local network."""

    COMPLETION = "completion"
    """On the day on which the order is completed."""

    NEXT_MONTH = "nextMonth"
    """With the next calendar month."""


AT_COMPLETION = ChargeStart.COMPLETION


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A condition on a price: it applies only if a characteristic has this value."""

    characteristic: str
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """The amount for one unit from a quantity on; it holds for all units."""

    from_quantity: WholeNumber
    amount_cents: WholeNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """One price of an offering, in cents without tax."""

    id: str
    name: str
    kind: PriceKind
    amount_cents: WholeNumber
    when: Condition | None = None
    term_months: WholeNumber = 0
    """The term of a minimum spend or of a prepayment."""

    charged_with: tuple[BusinessAction, ...] = (NEW_INSTALLATION,)
    """The business actions with which a price that is paid once is due."""

    per: str = ""
    """The characteristic that is the quantity; empty if the amount is for the product."""

    tiers: tuple[Tier, ...] = ()
    """Other amounts for larger quantities, in rising order."""

    suspended_for: tuple[str, ...] = ()
    """The reasons: it is charged in place of the other recurring prices while the product is
    suspended for one of them. Empty for a price of the product itself."""

    first_month: BillingMonth = BillingMonth.DAILY
    """What a recurring price costs in the month in which it begins."""

    tax: str = ""
    """The category of its tax; empty for that of its specification."""

    unit: str = ""
    """What a price for usage is for: `minute`, `GB`."""

    is_agreed: Boolean = False
    """Whether the amount is that of a contract: discounts are not given on it. Set by an
    agreement alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """A discount on unconditional prices of one kind: a percentage, or an amount.

    If several are given on a price, the customer has the highest.
    """

    id: str
    name: str
    kind: PriceKind
    member: str = ""
    """The member of a bundle whose prices it reduces; empty for the offering's own."""

    percent: WholeNumber = 0
    amount_cents: WholeNumber = 0
    price: str = ""
    """The id of the only price that it reduces; empty for all of the kind."""

    months: WholeNumber = 0
    """For how many months it reduces a recurring price; 0 as long as the product is charged."""

    valid_from: Timestamp | None = None
    valid_until: Timestamp | None = None
    """Orders that are accepted from this time on no longer have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """A term for which the customer commits to an offering, and the penalty for leaving early.

    It begins with the month after completion. The penalty is due when the product is disconnected
    or changed to monthly charges below those agreed: the percentage of the agreed charges of
    all months left, the one of leaving included, and the fixed amount.
    """

    id: str
    name: str
    """That of the penalty on the bill."""

    months: WholeNumber
    penalty_percent: WholeNumber = 0
    penalty_cents: WholeNumber = 0
