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
from shared.health.database_watch import Source
from shared.messaging.dispatcher import Subscriptions
from shared.persistence.history import Change
from shared.recovery.takeover import NOTHING, Takeover

ForOrder: TypeAlias = Callable[[Session, str, UUID], Sequence[Change]]
"""Reads what befell a tenant's things because of one order, oldest first."""


def no_changes(_: Session, __: str, ___: UUID) -> Sequence[Change]:
    """Return no changes, for a service whose history has them all by the order."""
    return ()


@dataclass(frozen=True, slots=True)
class Calls:
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
    about: str = ""
    """What it is for, in a sentence or two for those who call its API."""

    calls: Calls | None = None
    on_start: Sequence[Callable[[Session], None]] = field(default=())
    """Done in one transaction before anything is served, for example loading shipped data."""

    for_order: ForOrder = no_changes
    """Adds to an order's journey what the history has by other names than the order's."""

    troubles: Sequence[Source] = field(default=())
    """Reads what can be wrong with this service alone, beside what the kernel knows of all."""

    gather: timedelta = timedelta()
    """So long a message may wait for others to be handled with: for a service whose answers no
    order waits for. A transaction for each message is dear while little is going on."""

    takeover: Takeover = NOTHING
    """How its tables are made to say again what it has told, after its database was set back."""

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics to read, in the order of its subscriptions: causes before effects."""
        heard = dict.fromkeys(each.message.topic for each in self.subscriptions.values())
        return tuple(topic for topic in heard if not topic.startswith(PRIVATE))

    @property
    def redelivered(self) -> Subscriptions:
        """Its handlers of what may be parked: messages of others, and its own taken over."""
        return self.subscriptions | self.takeover.subscriptions
