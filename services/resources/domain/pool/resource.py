"""Things that can be held, the pools they lie in, and which pools serve an address."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, TypeAlias
from uuid import UUID

from services.resources.domain.pool.states import (
    HELD_ITEM_STATES,
    HELD_NUMBER_STATES,
    ResourceState,
)
from shared.contracts import Characteristic, Held


class ResourceKind(StrEnum):
    """The kinds of things that can be held."""

    NUMBER = "number"
    LEG = "leg"
    VLAN = "vlan"
    LOID = "loid"
    PAIR = "pair"


class ServingPlant(NamedTuple):
    """What serves an address."""

    exchange_id: str
    local_network: str
    splitter_id: str | None


POOL_SERVING: Mapping[ResourceKind, Callable[[ServingPlant], str | None]] = MappingProxyType(
    {
        ResourceKind.NUMBER: lambda site: site.exchange_id,
        ResourceKind.PAIR: lambda site: site.exchange_id,
        ResourceKind.LEG: lambda site: site.splitter_id,
        ResourceKind.VLAN: lambda site: site.splitter_id,
        ResourceKind.LOID: lambda site: site.splitter_id,
    }
)
"""Which pool of a kind serves a site: an exchange's or a splitter's."""


class Pool(NamedTuple):
    """Things of one kind that are as good as one another."""

    tenant: str
    kind: ResourceKind
    name: str
    """The exchange or splitter."""

    grade: str = ""
    """Of a number: plain, or one vanity grade."""


ResourceKey: TypeAlias = tuple[Pool, str]
NumberKey: TypeAlias = tuple[str, str]
"""Tenant and E.164."""


class Resource(NamedTuple):
    """One thing of a pool."""

    pool: Pool
    value: str
    element: str = ""
    attributes: tuple[Characteristic, ...] = ()

    @property
    def key(self) -> ResourceKey:
        """What tells it from all other things."""
        return self[:2]

    @property
    def number_key(self) -> NumberKey:
        """What tells a number from all other numbers."""
        return self.pool.tenant, self.value

    @property
    def as_held(self) -> Held:
        """The thing, as the others are told of it."""
        return Held(
            kind=self.pool.kind,
            value=self.value,
            pool=self.pool.name,
            element=self.element,
            attributes=self.attributes,
        )


class Holding(NamedTuple):
    """A thing that somebody holds."""

    resource: Resource
    state: ResourceState
    order_id: UUID
    """The order that touched it last."""

    service_id: UUID


class ResourceChange(NamedTuple):
    """One thing passes from one state to another."""

    resource: Resource
    was: ResourceState
    became: ResourceState
    order_id: UUID
    service_id: UUID
    until: datetime | None = None
    """When its new state ends by itself, if it does."""

    @property
    def holder(self) -> tuple[UUID, UUID] | tuple[None, None]:
        """The order and the service that have it from now on, if any."""
        is_held = self.became in HELD_NUMBER_STATES or self.became in HELD_ITEM_STATES
        return (self.order_id, self.service_id) if is_held else (None, None)
