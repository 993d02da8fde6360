"""The reconciliation file of one local network and one day: what was handed over to billing.

It follows from its lines alone, in any order, so that it is the same whenever it is built.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from services.order.domain.catalogue.prices import PAID_ONCE
from shared.contracts import BillingCharge, Cents, ItemCompleted

HEADER = (
    *("record", "local_network", "day", "action", "offering", "id"),
    *("items", "one_off_cents", "monthly_begin_cents", "monthly_end_cents"),
)
ITEM, TOTAL, SUM = "item", "total", "sum"
"""The kinds of records: an item, the total of an action and an offering, the sum of all."""

UNKNOWN_NETWORK = "unknown"
"""Stands for the local network of items whose own is not known."""

FORMULA_STARTS = ("=", "+", "-", "@")
"""A spreadsheet executes a text that begins so."""


@dataclass(frozen=True, slots=True)
class BillingLine:
    """One completed item, as it was handed over to billing."""

    handed_over_at: datetime
    id: UUID
    """That of its message: derived from order and item."""

    tenant: str
    local_network: str
    day: date
    """In the time of the local network."""

    action: str
    """The business action."""

    offering_id: str
    one_off_cents: Cents
    monthly_begin_cents: Cents
    monthly_end_cents: Cents

    @property
    def group(self) -> tuple[str, str]:
        """Action and offering, by which lines are totalled."""
        return self.action, self.offering_id

    @property
    def amounts(self) -> tuple[Cents, Cents, Cents]:
        """What is due once, and the monthly charges that begin and end."""
        return self.one_off_cents, self.monthly_begin_cents, self.monthly_end_cents


def line_of(message: ItemCompleted, tenant: str, handed_over_at: datetime) -> BillingLine:
    """Return the line of a message; it follows from the message and its envelope alone."""
    once = [each for each in message.charges_begin if each.kind in PAID_ONCE]
    monthly = [each for each in message.charges_begin if each.kind not in PAID_ONCE]
    return BillingLine(
        handed_over_at,
        message.id,
        tenant,
        message.local_network,
        message.day,
        message.business_action,
        message.offering_id,
        total_cents(once),
        total_cents(monthly),
        total_cents(message.charges_end),
    )


def total_cents(charges: Iterable[BillingCharge]) -> Cents:
    """Add up charges."""
    return sum(each.cents for each in charges)


def reconciliation_file(local_network: str, day: date, lines: Iterable[BillingLine]) -> str:
    """Return the file as CSV: a header, the items, their totals, and the sum of all.

    Items are sorted by action, offering and id.
    """
    of_file = (harmless(local_network or UNKNOWN_NETWORK), day.isoformat())
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows((record, *of_file, *rest) for record, *rest in records(lines))
    return text.getvalue()


def records(lines: Iterable[BillingLine]) -> Iterator[tuple[object, ...]]:
    """Yield the records of a file, without local network and day."""
    ordered = sorted(lines, key=attrgetter("action", "offering_id", "id"))
    for each in ordered:
        yield (ITEM, *map(harmless, each.group), each.id, 1, *each.amounts)
    for group, members in groupby(ordered, key=attrgetter("group")):
        yield (TOTAL, *map(harmless, group), "", *totals(list(members)))
    yield (SUM, "", "", "", *totals(ordered))


def totals(lines: list[BillingLine]) -> tuple[int, ...]:
    """Return how many lines there are, and the sums of their amounts."""
    amounts = (each.amounts for each in lines)
    return (len(lines), *map(sum, zip((0, 0, 0), *amounts, strict=True)))


def harmless(text: str) -> str:
    """Return a text that no spreadsheet executes: an apostrophe marks it as text."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
