"""The kinds of resources that can be held: one record of rules for each.

All other modules ask the record. Kinds are data: those of a release are in `data/pool_kinds.json`,
and tenants publish others. Numbers alone have a table, states and an API of their own.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, NamedTuple, TypeAlias

import msgspec

from shared.contracts import ServedFrom


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


def network_site(local_network: str) -> ServingPlant | None:
    """Return a site that is anywhere in a local network; None without one."""
    return ServingPlant("", local_network, None) if local_network else None


class PickedFrom(StrEnum):
    """Where a resource may be that an order names by its value."""

    POOL = "pool"
    """In the pool that serves the address."""

    REGION = "region"
    """In any pool of the address's local network; without an address, in any pool."""


class UniqueWithin(StrEnum):
    """What a value is unique within. The history names resources of a kind by their values."""

    POOL = "pool"
    """Its pool; to be unique in the history, a value begins with the name of the pool."""

    TENANT = "tenant"
    """All pools of the kind; an index enforces it."""


ANYWHERE_POOL = "anywhere"
"""The name of the one pool of a kind that is served from anywhere."""

MAX_QUARANTINE_DAYS = 3650


class PoolKind(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The rules of one kind of resources. They never change: other rules are another kind.

    Fields that a later version has added are ignored.
    """

    name: str
    """As in needs, messages, paths, tables and the history."""

    description: str = ""
    """What it is, in plain words."""

    served_from: ServedFrom
    unique_within: UniqueWithin = UniqueWithin.POOL
    picked_from: PickedFrom | None = None
    """None if no order may name a resource of the kind."""

    is_graded: bool = False
    """Whether a need may ask for a grade."""

    quarantine_days: Annotated[int, msgspec.Meta(ge=0, le=MAX_QUARANTINE_DAYS)] = 0
    """How long a released resource rests; 0 if it is free at once. A segment may say otherwise."""

    comes_with_splitters: bool = False
    """Whether the import of splitters makes the items: there is no other import of them."""

    @property
    def has_small_pools(self) -> bool:
        """Whether a pool has few resources, so that one is found by any spelling of its value."""
        return self.served_from is ServedFrom.SPLITTER

    def pool_serving(
        self, site: ServingPlant | None, served_from: ServedFrom | None = None
    ) -> str | None:
        """Return the name of the pool that serves a site; None if there is none.

        A need may say from where it is served, in place of the rule.
        """
        served_from = served_from or self.served_from
        if served_from is ServedFrom.ANYWHERE:
            return ANYWHERE_POOL
        if site is None:
            return None
        match served_from:
            case ServedFrom.EXCHANGE:
                return site.exchange_id or None
            case ServedFrom.SPLITTER:
                return site.splitter_id
            case ServedFrom.REGION:
                return site.local_network


NUMBER = PoolKind(
    name="number",
    description="A telephone number (号码) of the exchange.",
    served_from=ServedFrom.EXCHANGE,
    unique_within=UniqueWithin.TENANT,
    picked_from=PickedFrom.REGION,
    is_graded=True,
    quarantine_days=90,
)
"""The one kind that is not data: its table, its states and its API are its own."""

KindKey: TypeAlias = tuple[str, str]
"""A tenant, and the name of a kind."""

PoolKinds: TypeAlias = Mapping[KindKey, PoolKind]


def table_of_kind(name: str) -> ResourceTable:
    """Return the table with the resources of the kind of this name, known or not."""
    return ResourceTable.NUMBERS if name == NUMBER.name else ResourceTable.POOL_ITEMS
