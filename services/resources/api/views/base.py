"""What answers look like."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.resources.api.examples import bodies
from services.resources.domain.number.number import Number
from services.resources.domain.plant.plant import Address
from services.resources.domain.pool.level import PoolBreakdown, PoolLevel
from services.resources.domain.pool.resource import Holding, ResourceKind
from services.resources.domain.pool.states import ResourceState
from shared.contracts import Value
from shared.persistence.history import HistoryEntry


class BaseView(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(frozen=True)


class StateChangeView(BaseView):
    """One change of a number's state."""

    at: datetime
    was: str
    became: str
    order_id: str = Field(description="The order that made it so; empty where it was none.")
    reason: str
    actor: str = Field("", description="The person or program whose request made it so.")

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
    """A number, as anybody may see it who looks for one."""

    model_config = ConfigDict(json_schema_extra={"examples": [bodies.NUMBER]})

    number: str = Field(description="E.164.", examples=["+862580008888"])
    exchange: str = Field(examples=["NJ-XW"])
    grade: str = Field(description="Vanity grade; empty for a plain number.", examples=["AAAA"])
    state: ResourceState
    until: datetime | None = Field(None, description="When the state ends by itself.")

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
    """A number, as operations staff see it: with its holder and its history."""

    model_config = ConfigDict(json_schema_extra={"examples": [bodies.NUMBER_DETAIL]})

    selected_by: str | None = None
    order_id: UUID | None = None
    service_id: UUID | None = None
    history: tuple[StateChangeView, ...] | None = Field(None, description="Oldest first.")

    @classmethod
    def of_detail(cls, number: Number, changes: list[HistoryEntry]) -> Self:
        """Show all of a number."""
        return cls(
            **NumberView.of(number).model_dump(),
            selected_by=number.selected_by,
            order_id=number.order_id,
            service_id=number.service_id,
            history=tuple(StateChangeView.of(each) for each in changes),
        )


class HoldingView(BaseView):
    """One thing that an order or a service holds."""

    kind: ResourceKind
    value: str = Field(examples=["NJ-XW-SP001/003"])
    pool: str = Field(description="The exchange or splitter.", examples=["NJ-XW-SP001"])
    element: str = Field(description="The network element it leads to, if it leads to one.")
    attributes: dict[str, Value]
    state: ResourceState
    order_id: UUID = Field(description="The order that touched it last.")
    service_id: UUID

    @classmethod
    def of(cls, holding: Holding) -> Self:
        """Show a holding."""
        return cls(
            kind=holding.resource.pool.kind,
            value=holding.resource.value,
            pool=holding.resource.pool.name,
            element=holding.resource.element,
            attributes={each.name: each.value for each in holding.resource.attributes},
            state=holding.state,
            order_id=holding.order_id,
            service_id=holding.service_id,
        )


class HoldingsView(BaseView):
    """All that one order touched last, or one service holds."""

    model_config = ConfigDict(json_schema_extra={"examples": [bodies.HOLDINGS]})

    id: UUID
    held: tuple[HoldingView, ...] = Field(description="Empty where nothing is held.")


class PoolView(BaseView):
    """A pool, and what is left of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [bodies.POOL]})

    kind: ResourceKind
    name: str = Field(description="The exchange or splitter.")
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
    """A pool, and how many of its things are in which state; together its capacity."""

    model_config = ConfigDict(json_schema_extra={"examples": [bodies.POOL_DETAIL]})

    states: dict[str, int] = Field(examples=[{"free": 13, "in_use": 3}])

    @classmethod
    def of_detail(cls, counted: PoolBreakdown) -> Self:
        """Show all of a pool."""
        return cls(**PoolView.of(counted.level).model_dump(), states=dict(counted.states))


class AddressView(BaseView):
    """A standard address, and what serves it."""

    model_config = ConfigDict(json_schema_extra={"examples": [bodies.ADDRESS]})

    id: str = Field(examples=["addr-320102-002-0001"])
    text: str
    exchange: str
    local_network: str
    splitter: str | None = Field(None, description="Left out where there is no fibre.")

    @classmethod
    def of(cls, address: Address) -> Self:
        """Show an address."""
        return cls(
            id=address.id,
            text=address.text,
            exchange=address.exchange_id,
            local_network=address.local_network,
            splitter=address.splitter_id,
        )


class ImportView(BaseView):
    """What came of an import."""

    model_config = ConfigDict(json_schema_extra={"examples": [bodies.IMPORTED]})

    rows: int = Field(description="How many were sent, and are kept.")
    made: int = Field(description="Rows that were not known before.")
    changed: int = Field(description="Rows that differ from what was known, or add to it.")
    unchanged: int = Field(description="Rows that were known just so.")
    things: int = Field(description="Numbers or pool items that did not exist before.")
