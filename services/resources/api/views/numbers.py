"""Views of numbers."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.resources.api.examples import numbers as examples
from services.resources.domain.number.number import Number
from services.resources.domain.pool.states import ResourceState
from shared.http.views import BaseView
from shared.persistence.history import HistoryEntry


class StateChangeView(BaseView):
    """One change of state of a number or pool item."""

    at: datetime
    was: str
    became: str
    order_id: str
    """The order that caused it; empty if none did."""

    reason: str
    actor: str = ""
    """The person or program whose request caused it."""

    @classmethod
    def of(cls, change: HistoryEntry) -> Self:
        """Show a change."""
        return cls(
            at=change.at,
            was=change.was,
            became=change.became,
            order_id=change.part,
            reason=change.reason,
            actor=change.actor,
        )


class NumberView(BaseView):
    """A number as the search shows it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.NUMBER]})

    number: str = Field(examples=["+862580008888"])
    """E.164."""

    exchange: str = Field(examples=["NJ-XW"])
    grade: str = Field(examples=["AAAA"])
    """Vanity grade; empty for a plain number."""

    state: ResourceState
    until: datetime | None = None
    """When the state ends by itself."""

    @classmethod
    def of(cls, number: Number) -> Self:
        """Show a number."""
        return cls(
            number=number.e164,
            exchange=number.exchange_id,
            grade=number.grade,
            state=number.state,
            until=number.until,
        )


class NumberDetail(NumberView):
    """A number as operations staff see it: with its holder and its history."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.NUMBER_DETAIL]})

    selected_by: str | None = None
    order_id: UUID | None = None
    service_id: UUID | None = None
    history: tuple[StateChangeView, ...] | None = None
    """Oldest first."""

    @classmethod
    def of_detail(cls, number: Number, changes: list[HistoryEntry]) -> Self:
        """Show a number with its holder and its history."""
        return cls(
            **NumberView.of(number).model_dump(),
            selected_by=number.selected_by,
            order_id=number.order_id,
            service_id=number.service_id,
            history=tuple(StateChangeView.of(each) for each in changes),
        )
