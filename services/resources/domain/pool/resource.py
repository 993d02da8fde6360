"""Resources that can be held, and their pools."""

from datetime import datetime
from typing import NamedTuple, TypeAlias
from uuid import UUID

from services.resources.domain.pool.kinds import ResourceTable, table_of_kind
from services.resources.domain.pool.states import (
    NUMBER_LIFE_CYCLE,
    POOL_ITEM_LIFE_CYCLE,
    ResourceLifeCycle,
    ResourceState,
    Transition,
)
from shared.contracts import Characteristic, Held


class Pool(NamedTuple):
    """Interchangeable resources of one kind."""

    tenant: str
    kind: str
    name: str
    """Of the exchange, the splitter or the region, as the kind is served."""

    grade: str = ""
    """Of a number: plain, or one vanity grade."""

    @property
    def table(self) -> ResourceTable:
        """The table of its resources."""
        return table_of_kind(self.kind)

    @property
    def life_cycle(self) -> ResourceLifeCycle:
        """The life cycle of its resources."""
        is_number = self.table is ResourceTable.NUMBERS
        return NUMBER_LIFE_CYCLE if is_number else POOL_ITEM_LIFE_CYCLE


class ResourceName(NamedTuple):
    """A resource as a message names it.

    The pool is empty in older messages, and for a number that is picked from any pool.
    """

    tenant: str
    kind: str
    pool: str
    value: str


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
    def name(self) -> ResourceName:
        """The resource as messages name it."""
        return ResourceName(*self.pool[:3], self.value)

    @property
    def as_message_part(self) -> Held:
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

    def after(self, transition: Transition) -> ResourceState | None:
        """Return its state after a transition; None if the transition does not apply."""
        return self.resource.pool.life_cycle.next_state(self.state, transition)


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
        is_held = self.became in self.resource.pool.life_cycle.held
        return (self.order_id, self.service_id) if is_held else (None, None)
