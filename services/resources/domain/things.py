"""Things that can be held, the pools they lie in, and which pools serve an address."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, TypeAlias
from uuid import UUID

from services.resources.domain.states import HELD_ITEM, HELD_NUMBER, State
from shared.contracts import Characteristic, Held


class Kind(StrEnum):
    """The kinds of things that can be held."""

    NUMBER = "number"
    LEG = "leg"
    VLAN = "vlan"
    LOID = "loid"
    PAIR = "pair"


class Site(NamedTuple):
    """What serves an address."""

    exchange_id: str
    local_network: str
    splitter_id: str | None


SERVED_BY: Mapping[Kind, Callable[[Site], str | None]] = MappingProxyType(
    {
        Kind.NUMBER: lambda site: site.exchange_id,
        Kind.PAIR: lambda site: site.exchange_id,
        Kind.LEG: lambda site: site.splitter_id,
        Kind.VLAN: lambda site: site.splitter_id,
        Kind.LOID: lambda site: site.splitter_id,
    }
)
"""Which pool of a kind serves a site: an exchange's or a splitter's."""


class Pool(NamedTuple):
    """Things of one kind that are as good as one another."""

    tenant: str
    kind: Kind
    name: str
    """The exchange or splitter."""

    grade: str = ""
    """Of a number: plain, or one vanity grade."""


Key: TypeAlias = tuple[Pool, str]
NumberKey: TypeAlias = tuple[str, str]
"""Tenant and E.164."""


class Thing(NamedTuple):
    """One thing of a pool."""

    pool: Pool
    value: str
    element: str = ""
    attributes: tuple[Characteristic, ...] = ()

    @property
    def key(self) -> Key:
        """What tells it from all other things."""
        return self[:2]

    @property
    def number(self) -> NumberKey:
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

    thing: Thing
    state: State
    order_id: UUID
    """The order that touched it last."""

    service_id: UUID


class Change(NamedTuple):
    """One thing passes from one state to another."""

    thing: Thing
    was: State
    became: State
    order_id: UUID
    service_id: UUID
    until: datetime | None = None
    """When its new state ends by itself, if it does."""

    @property
    def holder(self) -> tuple[UUID, UUID] | tuple[None, None]:
        """The order and the service that have it from now on, if any."""
        is_held = self.became in HELD_NUMBER or self.became in HELD_ITEM
        return (self.order_id, self.service_id) if is_held else (None, None)
