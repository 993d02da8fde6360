"""Views of the history of orders."""

from typing import Self
from uuid import UUID

from pydantic import ConfigDict

from services.order.api.examples import orders as examples
from services.order.api.views.timestamps import UtcTimestamp
from shared.http.views import UnvalidatedTmfView
from shared.persistence.history import HistoryEntry


class StateChangeView(UnvalidatedTmfView):
    """One state change of an order or an item."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.STATE_CHANGE]})

    at: UtcTimestamp
    kind: str
    """`order` or `item`."""

    part: str
    """Which item; empty for the order itself."""

    was: str
    """The state before; empty at the start."""

    became: str
    reason: str
    cause: UUID
    """The id of the request or message that caused it."""

    actor: str
    """The person or program whose request caused it; empty if a message did."""

    @classmethod
    def of(cls, change: HistoryEntry) -> Self:
        """Show a state change."""
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
