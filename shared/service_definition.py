"""The description of a service: what the runtime needs to run it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy.orm import Session

from shared.calls.adapter import AdapterRegistry
from shared.calls.element_limits import LimitConfiguration, no_limits
from shared.contracts.base import PRIVATE
from shared.health.database_checker import DatabaseTroubleSource
from shared.messaging.dispatcher import Subscriptions
from shared.persistence.history import HistoryEntry
from shared.recovery.takeover import NO_TAKEOVER, Takeover

OrderChangesReader: TypeAlias = Callable[[Session, str, UUID], Sequence[HistoryEntry]]
"""Reads the changes that one order made to a tenant's other aggregates, oldest first."""


def no_changes(_: Session, __: str, ___: UUID) -> Sequence[HistoryEntry]:
    """Return no changes, for a service whose history has all changes under the order's id."""
    return ()


@dataclass(frozen=True, slots=True)
class OutboundCallConfig:
    """How a service calls network elements."""

    adapters: Callable[[], AdapterRegistry]
    """Makes the adapters of a process, which is running already, from its environment; raises
    StartError where a setting is wrong."""

    limits: Callable[[Session], LimitConfiguration] = no_limits
    """Reads how much load each element can handle; called about once a second."""


@dataclass(frozen=True, slots=True)
class ServiceDefinition:
    """The name of a service, its API, its subscriptions and its outbound calls."""

    name: str
    routers: Sequence[APIRouter]
    subscriptions: Subscriptions
    description: str = ""
    """Its purpose, in a sentence or two for callers of its API."""

    calls: OutboundCallConfig | None = None
    on_start: Sequence[Callable[[Session], None]] = field(default=())
    """Run in one transaction before requests are served, for example to load shipped data."""

    read_order_changes: OrderChangesReader = no_changes
    """Adds to an order's journey the changes whose history has other subjects than the order."""

    troubles: Sequence[DatabaseTroubleSource] = field(default=())
    """Finds troubles of this service alone; the kernel finds those common to all."""

    fetch_max_wait: timedelta = timedelta()
    """How long a message may wait to be handled in a batch: for a service that no order waits
    for. Under light load a transaction for each message would cost too much."""

    takeover: Takeover = NO_TAKEOVER
    """How its tables catch up with its published messages after its database was restored."""

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics to consume, in the order of its subscriptions: causes before effects."""
        consumed = dict.fromkeys(each.message.topic for each in self.subscriptions.values())
        return tuple(topic for topic in consumed if not topic.startswith(PRIVATE))

    @property
    def redelivery_subscriptions(self) -> Subscriptions:
        """Handlers of the messages that may be parked: consumed ones, and its own taken over."""
        return self.subscriptions | self.takeover.subscriptions
