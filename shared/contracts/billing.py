"""The parts of the message by which a completed order item is handed over to billing (报竣)."""

from typing import Annotated

import msgspec

from shared.contracts.message_parts import Cents, MessagePart


class BillingCharge(MessagePart, frozen=True, kw_only=True):
    """One price of a product: what its customer pays once, or every month."""

    price_id: str
    """Unique within the offering."""

    name: str
    kind: Annotated[str, msgspec.Meta(description="`oneTime`, `prepayment`, or `recurring`.")]
    cents: Cents
    """The amount to pay: the discount is deducted already."""

    discount_id: str = ""
    """The discount of the bundle; empty without one."""

    discount_name: str = ""
    discount_cents: Cents = 0
    """What is deducted from the list price."""

    term_months: int = 0
    """For how many months the customer has committed to it; 0 without a term."""

    quantity: int = 1
    """The units in it; for a penalty the months left."""

    discount_months: int = 0
    """For how many months the discount is given; 0 as long as the charge is due."""

    tax_basis_points: int = 0
    """The rate of the tax, in hundredths of a percent."""

    tax_cents: Cents = 0
    """The tax on `cents`."""

    first_month_cents: Cents | None = None
    """Of a monthly charge that begins: what the calendar month costs in which it does."""
