"""A service, as a value."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy.orm import Session

from shared.calls.element_limits import Limits, no_limits
from shared.calls.outbound_call import Adapter
from shared.config.settings import Settings
from shared.contracts.base import PRIVATE
from shared.health.database_watch import DatabaseTroubleSource
from shared.messaging.dispatcher import Subscriptions
from shared.persistence.history import HistoryEntry
from shared.recovery.takeover import NO_TAKEOVER, Takeover

OrderChangesReader: TypeAlias = Callable[[Session, str, UUID], Sequence[HistoryEntry]]
"""Reads what befell a tenant's things because of one order, oldest first."""


def no_changes(_: Session, __: str, ___: UUID) -> Sequence[HistoryEntry]:
    """Return no changes, for a service whose history has them all by the order."""
    return ()


@dataclass(frozen=True, slots=True)
class OutboundCalls:
    """How a service reaches network elements."""

    adapter: Callable[[Settings], Adapter]
    limits: Callable[[Session], Limits] = no_limits
    """Reads how much each element bears; asked about once a second."""


@dataclass(frozen=True, slots=True)
class Service:
    """What one service is called, what it serves, what it listens to, and whom it calls."""

    name: str
    routers: Sequence[APIRouter]
    subscriptions: Subscriptions
    description: str = ""
    """What it is for, in a sentence or two for those who call its API."""

    calls: OutboundCalls | None = None
    on_start: Sequence[Callable[[Session], None]] = field(default=())
    """Done in one transaction before anything is served, for example loading shipped data."""

    read_order_changes: OrderChangesReader = no_changes
    """Adds to an order's journey what the history has by other names than the order's."""

    troubles: Sequence[DatabaseTroubleSource] = field(default=())
    """Reads what can be wrong with this service alone, beside what the kernel knows of all."""

    fetch_max_wait: timedelta = timedelta()
    """So long a message may wait for others to be handled with: for a service whose answers no
    order waits for. A transaction for each message is dear while little is going on."""

    takeover: Takeover = NO_TAKEOVER
    """How its tables are made to say again what it has told, after its database was set back."""

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics to read, in the order of its subscriptions: causes before effects."""
        consumed = dict.fromkeys(each.message.topic for each in self.subscriptions.values())
        return tuple(topic for topic in consumed if not topic.startswith(PRIVATE))

    @property
    def redelivery_subscriptions(self) -> Subscriptions:
        """Its handlers of what may be parked: messages of others, and its own taken over."""
        return self.subscriptions | self.takeover.subscriptions
