"""Checks of when the recurring charges of an item begin."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from services.order.domain.acceptance.installation_address import installation_place
from services.order.domain.acceptance.request import CHARGE_STARTS, RequestedItem
from services.order.domain.business_actions import ProductEffect
from services.order.domain.local_time import local_day
from shared.errors import Fault

LATEST_START = timedelta(days=366)
"""How far ahead an order may state the day on which charges begin."""


def charge_start_faults(item: RequestedItem, now: datetime) -> Iterator[Fault]:
    """Name what is wrong with when an item says that its charges begin."""
    at, stated = f"{item.field}/chargeStart", item.stated_charge_start
    if not stated:
        return
    today = local_day(installation_place(item).local_network, now)
    day = item.charged_from
    if not has_recurring_charges(item):
        reason = "this action begins no recurring charges"
        yield Fault(at, "charge-start-unsupported", reason, "leave it out")
    elif item.charge_start is None and day is None:
        reason = "this is neither a rule nor a day"
        remedy = f"use {', '.join(CHARGE_STARTS)}, or a day as 2027-01-31"
        yield Fault(at, "charge-start-malformed", reason, remedy)
    elif day and not today <= day <= today + LATEST_START:
        reason = "charges begin on the day of completion at the earliest, within a year"
        remedy = f"name a day from {today} to {today + LATEST_START}"
        yield Fault(at, "charge-start-out-of-range", reason, remedy)


def has_recurring_charges(item: RequestedItem) -> bool:
    """Tell whether an item begins recurring charges: its product is new, or priced anew."""
    if item.rule is None:
        return True
    return item.effect is ProductEffect.CREATES or item.rule.is_priced_anew
