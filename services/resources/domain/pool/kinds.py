"""The kinds of resources that can be held: one record of rules for each.

All other modules ask the record. A new kind is an entry of `POOL_KINDS`, and its import.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from services.resources.domain.pool.states import (
    NUMBER_LIFE_CYCLE,
    POOL_ITEM_LIFE_CYCLE,
    ResourceLifeCycle,
)
from shared.errors import PoisonError


class ResourceTable(StrEnum):
    """The database table with the resources of a kind."""

    NUMBERS = "numbers"
    """Telephone numbers, which have segments, grades and selections, and an API of their own."""

    POOL_ITEMS = "pool_items"


class ServingPlant(NamedTuple):
    """The plant that serves an address."""

    exchange_id: str
    local_network: str
    splitter_id: str | None


class ServedFrom(StrEnum):
    """Which pool of a kind serves an address."""

    EXCHANGE = "exchange"
    """The pool of the exchange that serves the address."""

    SPLITTER = "splitter"
    """The pool of the splitter that serves the address."""

    REGION = "region"
    """The pool of the address's local network."""

    ANYWHERE = "anywhere"
    """The one pool of the tenant; no address is needed."""


class PickedFrom(StrEnum):
    """Where a resource may be that an order names by its value."""

    POOL = "pool"
    """In the pool that serves the address."""

    REGION = "region"
    """In any pool of the address's local network; without an address, in any pool."""


class UniqueWithin(StrEnum):
    """What a value is unique within. The history names resources of a kind by their values."""

    POOL = "pool"
    """Its pool; to be unique in the history, a value contains the name of the pool."""

    TENANT = "tenant"
    """All pools of the kind; an index of its own enforces it."""


ANYWHERE_POOL = "anywhere"
"""The name of the one pool of a kind that is served from anywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolKind:
    """The rules of one kind of resources."""

    name: str
    """As in needs, messages, paths, tables and the history."""

    life_cycle: ResourceLifeCycle
    served_from: ServedFrom
    unique_within: UniqueWithin = UniqueWithin.POOL
    picked_from: PickedFrom | None = None
    """None if no order may name a resource of the kind."""

    is_graded: bool = False
    """Whether a need may ask for a grade."""

    quarantine: timedelta | None = None
    """How long a released resource is in quarantine; a segment of numbers may differ."""

    table: ResourceTable = ResourceTable.POOL_ITEMS

    def __post_init__(self) -> None:
        """Check that the rules agree with each other and with the table.

        Raises:
            ValueError: if they do not.
        """
        is_pool_item = self.table is ResourceTable.POOL_ITEMS
        if (self.quarantine is None) != (self.life_cycle.quarantined is None):
            msg = f"{self.name}: give a quarantine with a life cycle that has the state, or neither"
            raise ValueError(msg)
        if self.picked_from is PickedFrom.REGION and self.unique_within is UniqueWithin.POOL:
            msg = f"{self.name}: a value picked from the region must be unique within the tenant"
            raise ValueError(msg)
        if is_pool_item and (self.is_graded or self.picked_from is PickedFrom.REGION):
            msg = f"{self.name}: pool items have no grade, and are picked from their pool"
            raise ValueError(msg)

    @property
    def has_small_pools(self) -> bool:
        """Whether a pool has few resources, so that one is found by any spelling of its value."""
        return self.served_from is ServedFrom.SPLITTER

    def pool_serving(self, site: ServingPlant | None) -> str | None:
        """Return the name of the pool that serves a site; None if there is none."""
        if self.served_from is ServedFrom.ANYWHERE:
            return ANYWHERE_POOL
        if site is None:
            return None
        match self.served_from:
            case ServedFrom.EXCHANGE:
                return site.exchange_id
            case ServedFrom.SPLITTER:
                return site.splitter_id
            case ServedFrom.REGION:
                return site.local_network


NUMBER_QUARANTINE = timedelta(days=90)

NUMBER = PoolKind(
    name="number",
    life_cycle=NUMBER_LIFE_CYCLE,
    served_from=ServedFrom.EXCHANGE,
    unique_within=UniqueWithin.TENANT,
    picked_from=PickedFrom.REGION,
    is_graded=True,
    quarantine=NUMBER_QUARANTINE,
    table=ResourceTable.NUMBERS,
)
PAIR = PoolKind(name="pair", life_cycle=POOL_ITEM_LIFE_CYCLE, served_from=ServedFrom.EXCHANGE)
LEG = PoolKind(name="leg", life_cycle=POOL_ITEM_LIFE_CYCLE, served_from=ServedFrom.SPLITTER)
VLAN = PoolKind(
    name="vlan",
    life_cycle=POOL_ITEM_LIFE_CYCLE,
    served_from=ServedFrom.SPLITTER,
    unique_within=UniqueWithin.TENANT,
)
LOID = PoolKind(name="loid", life_cycle=POOL_ITEM_LIFE_CYCLE, served_from=ServedFrom.SPLITTER)


def index_by_name(*kinds: PoolKind) -> Mapping[str, PoolKind]:
    """Return kinds by name.

    Raises:
        ValueError: if two have one name, or two the table of numbers, which has no column for
            the kind.
    """
    found = {each.name: each for each in kinds}
    if len(found) < len(kinds):
        msg = "two kinds of resources have one name"
        raise ValueError(msg)
    if [each.table for each in kinds].count(ResourceTable.NUMBERS) > 1:
        msg = "only one kind of resources can have the table of numbers"
        raise ValueError(msg)
    return MappingProxyType(found)


POOL_KINDS = index_by_name(NUMBER, LEG, VLAN, LOID, PAIR)


def find_kind(name: str) -> PoolKind | None:
    """Return the kind of this name; None if there is none."""
    return POOL_KINDS.get(name)


def kind_names() -> list[str]:
    """Return the names of all kinds."""
    return list(POOL_KINDS)


def kind_named(name: str) -> PoolKind:
    """Return the kind of this name, which exists.

    Raises:
        PoisonError: if it does not; a version that knows it can handle the message.
    """
    found = find_kind(name)
    if found is None:
        msg = f"there is no pool of {name}"
        raise PoisonError(msg)
    return found
