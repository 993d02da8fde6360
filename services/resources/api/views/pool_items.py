"""Views of pool items: single resources of a pool."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.resources.api.examples import pool_items as examples
from services.resources.api.schemas.kinds import KindName
from services.resources.api.views.numbers import StateChangeView
from services.resources.domain.pool.pool_item import PoolItem
from services.resources.domain.pool.states import PoolItemState
from shared.contracts import Value
from shared.http.views import BaseView
from shared.persistence.history import HistoryEntry


class ChangeCountView(BaseView):
    """The result of a change."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CHANGED]})

    changed: int
    """How many changed their state."""


class PoolItemView(BaseView):
    """One resource of a pool."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.LEG]})

    kind: KindName
    value: str = Field(examples=["NJ-XW-SP001/003"])
    pool: str = Field(examples=["NJ-XW-SP001"])
    """The exchange, the splitter or the local network that it serves; anywhere if it serves all."""

    element: str
    """The network element that it leads to, if any."""

    attributes: dict[str, Value]
    state: PoolItemState
    order_id: UUID | None = None
    """The order that holds it, or releases it."""

    service_id: UUID | None = None
    until: datetime | None = None
    """When the state ends by itself."""

    @classmethod
    def of(cls, found: PoolItem) -> Self:
        """Show a pool item."""
        resource, state, order_id, service_id, until = found
        return cls(
            kind=resource.pool.kind,
            value=resource.value,
            pool=resource.pool.name,
            element=resource.element,
            attributes={each.name: each.value for each in resource.attributes},
            state=PoolItemState(state),
            order_id=order_id,
            service_id=service_id,
            until=until,
        )


class PoolItemDetail(PoolItemView):
    """One resource of a pool, with its history."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.LEG_DETAIL]})

    history: tuple[StateChangeView, ...] = ()
    """Oldest first."""

    @classmethod
    def of_detail(cls, found: PoolItem, changes: list[HistoryEntry]) -> Self:
        """Show a pool item with its history."""
        views = tuple(StateChangeView.of(each) for each in changes)
        return cls.of(found).model_copy(update={"history": views})
