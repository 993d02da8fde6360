"""A small service for the kernel's tests: it logs what it consumes, and answers."""

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
from shared.messaging.dispatcher import index_subscriptions, on, on_batch
from shared.messaging.unit_of_work import UnitOfWork, UnitOfWorkBatch
from shared.persistence.database import Base, Instant, Sessions, json_bytes
from shared.persistence.repository import Repository

ORDER = UUID("0197f000-0000-7000-8000-000000000001")
OTHER = UUID("0197f000-0000-7000-8000-000000000002")


class OrderLogRow(Base):
    """The messages consumed about one order."""

    __tablename__ = "order_logs"

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    lines: Mapped[tuple[str, ...]] = mapped_column(json_bytes(tuple[str, ...]))
    written_at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True, slots=True)
class OrderLog:
    """The types of the messages about one order, in the order of handling."""

    order_id: UUID
    lines: tuple[str, ...]
    written_at: datetime


ORDER_LOGS = Repository(OrderLogRow, OrderLog)


@private("order_log.timer_due", 1)
class TimerDue(OrderMessage, frozen=True, kw_only=True):
    """A timer of an order is due."""

    note: str = ""


def preload(session: Session, messages: Sequence[OrderMessage]) -> None:
    """Read the logs that the handlers of these messages change."""
    ORDER_LOGS.preload(session, [message.order_id for message in messages])


def log_message(message: OrderMessage, work: UnitOfWork) -> None:
    """Add a line to the order's log."""
    empty = OrderLog(message.order_id, (), work.now)
    found = ORDER_LOGS.find_for_update(work.session, message.order_id) or empty
    ORDER_LOGS.put(work.session, replace(found, lines=(*found.lines, message.type)))


def log_and_answer(message: OrderAccepted, work: UnitOfWork) -> None:
    """Add a line, and publish a message."""
    log_message(message, work)
    work.publish(ReleaseRequested(order_id=message.order_id))


def log_all(messages: Sequence[OrderMessage], batch: UnitOfWorkBatch) -> None:
    """Add a line to each order's log."""
    for message, work in zip(messages, batch.units, strict=True):
        log_message(message, work)


SUBSCRIPTIONS = index_subscriptions(
    on(OrderAccepted, log_and_answer, preload=preload),
    on_batch(ResourcesAssigned, log_all, preload=preload),
    on(ServiceCompleted, log_message, preload=preload),
    on(TimerDue, log_message, preload=preload),
)


def accepted(order_id: UUID = ORDER) -> OrderAccepted:
    """Return a message that the service answers."""
    return OrderAccepted(order_id=order_id, client="crm", customer=Customer(id="c-1"), items=())


def assigned(order_id: UUID = ORDER) -> ResourcesAssigned:
    """Return a message that the service handles in batches."""
    return ResourcesAssigned(order_id=order_id, items=())


def completed(order_id: UUID = ORDER) -> ServiceCompleted:
    """Return a message that the service handles one by one."""
    return ServiceCompleted(order_id=order_id, services=())


def logged_types(sessions: Sessions, order_id: UUID = ORDER) -> list[str]:
    """Return the names of the messages about an order, in the order of handling."""
    with sessions() as session:
        row = session.scalar(select(OrderLogRow).where(OrderLogRow.order_id == order_id))
        return [line.rpartition(".v")[0] for line in row.lines] if row else []
