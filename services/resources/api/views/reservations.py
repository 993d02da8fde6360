"""Views of old reservations."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import ConfigDict

from services.resources.api.examples import reservations as examples
from services.resources.api.views.holdings import HOLDINGS_PATH
from services.resources.domain.allocation.reservation_review import ReservationReview
from shared.http.views import BaseView


class ReservationView(BaseView):
    """The reservation of an order, and whether its plan needs it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.RESERVATION]})

    order_id: UUID
    since: datetime
    """Reserved since then, or earlier."""

    held: str
    """The link to the reserved resources."""

    asked_at: datetime | None = None
    """When provisioning was asked last."""

    answered_at: datetime | None = None
    is_needed: bool | None = None
    """Whether a plan needs all of it; left out until the answer."""

    plan: str = ""
    """The state of the plan; empty if there is none."""

    release_by: str = ""
    """Who requested its release, until the answer."""

    release_reason: str = ""

    @classmethod
    def of(cls, question: ReservationReview) -> Self:
        """Show the question about a reservation."""
        return cls(
            order_id=question.order_id,
            since=question.since,
            held=f"{HOLDINGS_PATH}/{question.order_id}",
            asked_at=question.asked_at,
            answered_at=question.answered_at,
            is_needed=question.is_needed,
            plan=question.plan,
            release_by=question.release_by,
            release_reason=question.release_reason,
        )
