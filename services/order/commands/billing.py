"""The hand-over of completed items to billing, and the reconciliation file."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy.orm import Session

from services.order import store
from services.order.domain.billing.hand_over_day import bounds_anywhere, is_over
from services.order.domain.billing.reconciliation import (
    BillingLine,
    line_of,
    reconciliation_file,
)
from shared.contracts import ItemCompleted
from shared.errors import NotFoundError, UnprocessableError
from shared.messaging.archive_reader import read_published_between
from shared.messaging.commit_context import Callback, do_nothing
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.archive import months_of


class LineSource(StrEnum):
    """From what a reconciliation file is built."""

    TABLE = "table"
    ARCHIVE = "archive"
    """From the published messages alone."""


class ReconciledDay(NamedTuple):
    """A day of one local network."""

    tenant: str
    local_network: str
    """Empty for what was handed over without a known one."""

    day: date


class NewBillingLine(NamedTuple):
    """A line to be written at the end of a transaction."""

    line: BillingLine

    @staticmethod
    def takes_global_lock() -> bool:
        """Return False."""
        return False

    @classmethod
    def write(cls, session: Session, several: "Sequence[NewBillingLine]", _: datetime) -> Callback:
        """Write lines, with one statement."""
        store.billing.add_lines(session, (each.line for each in several))
        return do_nothing


def hand_over(messages: Iterable[ItemCompleted], work: UnitOfWork) -> None:
    """Publish completed items, each with the line of its reconciliation file."""
    for message in messages:
        line = line_of(message, work.tenant, work.now)
        work.publish_with_row(message, NewBillingLine(line))


def restore_line(message: ItemCompleted, work: UnitOfWork) -> None:
    """Write the line of an item that was handed over before the database was restored."""
    line = line_of(message, work.tenant, work.published_at)
    work.transaction.add(NewBillingLine(line))


def build_reconciliation_file(
    session: Session, of: ReconciledDay, source: LineSource, now: datetime
) -> str:
    """Return the reconciliation file of a day that is over: always the same.

    Raises:
        UnprocessableError: if the day is not over.
        NotFoundError: if the database does not keep the messages of that day.
    """
    if not is_over(of.local_network, of.day, now):
        msg = "the day is not over in this local network"
        raise UnprocessableError(
            msg, code="day-not-over", remedy="ask a quarter of an hour after its midnight"
        )
    require_kept(session, of.day)
    lines_in = lines_in_table if source is LineSource.TABLE else lines_in_archive
    return reconciliation_file(of.local_network, of.day, lines_in(session, of))


def require_kept(session: Session, day: date) -> None:
    """Check that the database has all that may have been handed over on a day.

    Raises:
        NotFoundError: if months have left it, or it is younger.
    """
    kept_from = months_of(session.connection(), "outbox")[0].start
    if day <= kept_from.date():
        msg = f"this database keeps messages from {kept_from.date()} on"
        remedy = "earlier months are in the files of the archive, if there were any"
        raise NotFoundError(msg, code="not-kept", remedy=remedy)


def lines_in_table(session: Session, of: ReconciledDay) -> Iterable[BillingLine]:
    """Return the lines of a day from the table."""
    return store.billing.find_lines(session, *of, bounds_anywhere(of.day))


def lines_in_archive(session: Session, of: ReconciledDay) -> Iterable[BillingLine]:
    """Yield the lines of a day from the messages that were published."""
    bounds = bounds_anywhere(of.day)
    for at, message in read_published_between(session, of.tenant, ItemCompleted, *bounds):
        if (message.local_network, message.day) == (of.local_network, of.day):
            yield line_of(message, of.tenant, at)
