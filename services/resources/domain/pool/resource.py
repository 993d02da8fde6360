"""Resources that can be held, their pools, and which pools serve an address."""

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
    """The kinds of resources that can be held."""

    NUMBER = "number"
    LEG = "leg"
    VLAN = "vlan"
    LOID = "loid"
    PAIR = "pair"


class ServingPlant(NamedTuple):
    """The plant that serves an address."""

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
"""The pool of each kind that serves a site: an exchange's or a splitter's."""


class Pool(NamedTuple):
    """Interchangeable resources of one kind."""

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
    """One resource of a pool."""

    pool: Pool
    value: str
    element: str = ""
    attributes: tuple[Characteristic, ...] = ()

    @property
    def key(self) -> ResourceKey:
        """The key of the resource."""
        return self[:2]

    @property
    def number_key(self) -> NumberKey:
        """The key of a number: tenant and E.164."""
        return self.pool.tenant, self.value

    @property
    def as_held(self) -> Held:
        """The resource as messages carry it."""
        return Held(
            kind=self.pool.kind,
            value=self.value,
            pool=self.pool.name,
            element=self.element,
            attributes=self.attributes,
        )


class Holding(NamedTuple):
    """A resource that an order or a service holds."""

    resource: Resource
    state: ResourceState
    order_id: UUID
    """The order that changed it last."""

    service_id: UUID


class ResourceChange(NamedTuple):
    """One change of state of a resource."""

    resource: Resource
    was: ResourceState
    became: ResourceState
    order_id: UUID
    service_id: UUID
    until: datetime | None = None
    """When its new state ends by itself, if it does."""

    @property
    def holder(self) -> tuple[UUID, UUID] | tuple[None, None]:
        """The order and the service that hold it afterwards, if any."""
        is_held = self.became in HELD_NUMBER_STATES or self.became in HELD_ITEM_STATES
        return (self.order_id, self.service_id) if is_held else (None, None)
