"""A service small enough for the kernel's tests: it writes down what it hears, and answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.contracts import (
    Customer,
    OrderAccepted,
    OrderMessage,
    ReleaseRequested,
    ResourcesAssigned,
    ServiceCompleted,
    private,
)
from shared.messaging.dispatcher import on, on_all, subscribe
from shared.messaging.unit_of_work import Work, Works
from shared.persistence.database import Base, Instant, Sessions, packed
from shared.persistence.repository import Shelf

ORDER = UUID("0197f000-0000-7000-8000-000000000001")
OTHER = UUID("0197f000-0000-7000-8000-000000000002")


class PageRow(Base):
    """What was heard of one order."""

    __tablename__ = "pages"

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    lines: Mapped[tuple[str, ...]] = mapped_column(packed(tuple[str, ...]))
    written_at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True, slots=True)
class Page:
    """The types of what was heard of one order, in the order of handling."""

    order_id: UUID
    lines: tuple[str, ...]
    written_at: datetime


PAGES = Shelf(PageRow, Page)


@private("ledger.reminded", 1)
class Reminded(OrderMessage, frozen=True, kw_only=True):
    """It is time to look at an order again."""

    note: str = ""


def preload(session: Session, messages: Sequence[OrderMessage]) -> None:
    """Read the pages that handlers of these messages will ask for."""
    PAGES.preload(session, [message.order_id for message in messages])


def write(message: OrderMessage, work: Work) -> None:
    """Add a line to the order's page."""
    blank = Page(message.order_id, (), work.now)
    page = PAGES.find(work.session, message.order_id) or blank
    PAGES.put(work.session, replace(page, lines=(*page.lines, message.type)))


def write_and_answer(message: OrderAccepted, work: Work) -> None:
    """Add a line, and tell the others."""
    write(message, work)
    work.emit(ReleaseRequested(order_id=message.order_id))


def write_all(messages: Sequence[OrderMessage], works: Works) -> None:
    """Add a line to each order's page."""
    for message, work in zip(messages, works.each, strict=True):
        write(message, work)


SUBSCRIPTIONS = subscribe(
    on(OrderAccepted, write_and_answer, needs=preload),
    on_all(ResourcesAssigned, write_all, needs=preload),
    on(ServiceCompleted, write, needs=preload),
    on(Reminded, write, needs=preload),
)


def accepted(order_id: UUID = ORDER) -> OrderAccepted:
    """Return a fact that the ledger answers."""
    return OrderAccepted(order_id=order_id, client="crm", customer=Customer(id="c-1"), items=())


def assigned(order_id: UUID = ORDER) -> ResourcesAssigned:
    """Return a fact that the ledger hears many of at once."""
    return ResourcesAssigned(order_id=order_id, items=())


def completed(order_id: UUID = ORDER) -> ServiceCompleted:
    """Return a fact that the ledger hears one by one."""
    return ServiceCompleted(order_id=order_id, services=())


def lines(sessions: Sessions, order_id: UUID = ORDER) -> list[str]:
    """Return the names of what was heard of an order, in the order of handling."""
    with sessions() as session:
        page = session.scalar(select(PageRow).where(PageRow.order_id == order_id))
        return [line.rpartition(".v")[0] for line in page.lines] if page else []
