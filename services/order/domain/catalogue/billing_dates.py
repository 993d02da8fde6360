"""Dates of charges: when they begin, and what their first month costs."""

from calendar import monthrange
from datetime import date

from services.order.domain.catalogue.prices import BillingMonth, ChargeStart
from shared.contracts import Cents

MONTHS_PER_YEAR = 12


def add_months(day: date, months: int) -> date:
    """Return the first day of the month that is some months after that of a day."""
    index = day.year * MONTHS_PER_YEAR + day.month - 1 + months
    return date(index // MONTHS_PER_YEAR, index % MONTHS_PER_YEAR + 1, 1)


def months_between(day: date, until: date) -> int:
    """Return how many calendar months there are until a day, the month of the first included."""
    return max(0, (until.year - day.year) * MONTHS_PER_YEAR + until.month - day.month)


def charges_begin(start: ChargeStart, stated: date | None, completed: date) -> date:
    """Return the day on which recurring charges begin.

    Args:
        start: the rule of the order.
        stated: the day that the order states in its place; charges never begin before completion.
        completed: the day of completion.
    """
    if stated:
        return max(stated, completed)
    return completed if start is ChargeStart.COMPLETION else add_months(completed, 1)


def first_month_cents(monthly_cents: Cents, rule: BillingMonth, begin: date) -> Cents:
    """Return what is charged for the calendar month in which a charge begins.

    Half cents are rounded up.
    """
    days = monthrange(begin.year, begin.month)[1]
    match rule:
        case BillingMonth.DAILY:
            left = days - begin.day + 1
            return (monthly_cents * left * 2 + days) // (2 * days)
        case BillingMonth.FULL:
            return monthly_cents
        case BillingMonth.FREE:
            return 0 if begin.day > 1 else monthly_cents
