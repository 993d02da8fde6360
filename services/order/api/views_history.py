"""Changes of state as they are shown."""

from typing import Self
from uuid import UUID

from pydantic import ConfigDict

from services.order.api import examples_order as examples
from services.order.api.shown import Moment, Shown
from shared.persistence.history import Change


class ChangeView(Shown):
    """One thing passed from one state to another."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CHANGE]})

    at: Moment
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
    def of(cls, change: Change) -> Self:
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
