"""Views of pools, and how much of them is free."""

from typing import Self

from pydantic import ConfigDict, Field

from services.resources.api.examples import pools as examples
from services.resources.api.schemas.kinds import KindName
from services.resources.domain.pool.level import PoolBreakdown, PoolLevel
from shared.http.views import BaseView


class PoolView(BaseView):
    """A pool, and how much of it is free."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.POOL]})

    kind: KindName
    name: str
    """The exchange, the splitter or the local network that it serves; anywhere if it serves all."""

    exchange: str
    capacity: int
    free: int

    @classmethod
    def of(cls, level: PoolLevel) -> Self:
        """Show a level."""
        return cls(
            kind=level.kind,
            name=level.name,
            exchange=level.exchange_id,
            capacity=level.capacity,
            free=level.free,
        )


class PoolDetail(PoolView):
    """A pool with the number of its resources in each state; together its capacity."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.POOL_DETAIL]})

    states: dict[str, int] = Field(examples=[{"free": 13, "in_use": 3}])

    @classmethod
    def of_detail(cls, breakdown: PoolBreakdown) -> Self:
        """Show a pool with its states."""
        return cls(**PoolView.of(breakdown.level).model_dump(), states=dict(breakdown.states))
