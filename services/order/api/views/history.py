"""Changes of state as they are shown."""

from typing import Self
from uuid import UUID

from pydantic import ConfigDict

from services.order.api.examples import orders as examples
from services.order.api.views.base import BaseView, UtcTimestamp
from shared.persistence.history import HistoryEntry


class StateChangeView(BaseView):
    """One thing passed from one state to another."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.STATE_CHANGE]})

    at: UtcTimestamp
    kind: str
    """`order` or `item`."""

    part: str
    """Which item; empty for the order itself."""

    was: str
    """Empty for what begins."""

    became: str
    reason: str
    cause: UUID
    """The request or message that made it so."""

    actor: str
    """The person or program whose request made it so; empty where a message did."""

    @classmethod
    def of(cls, change: HistoryEntry) -> Self:
        """Show a change."""
        return cls(
            at=change.at,
            kind=change.kind,
            part=change.part,
            was=change.was,
            became=change.became,
            reason=change.reason,
            cause=change.cause,
            actor=change.actor,
        )
