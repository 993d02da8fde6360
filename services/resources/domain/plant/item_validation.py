"""Validation of imported items, and what the import of each does."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias, TypeVar

import msgspec

from services.resources.domain.plant.import_validation import IndexedRow, Networks
from services.resources.domain.plant.plant import ImportedItem, ItemBlock
from services.resources.domain.plant.spelling import KnownPlantNames, PlantNameKind
from services.resources.domain.pool.kinds import (
    ANYWHERE_POOL,
    PoolKind,
    ResourceTable,
    UniqueWithin,
    table_of_kind,
)
from services.resources.domain.pool.pool_item import PoolItem
from services.resources.domain.pool.resource import Pool, Resource
from shared.contracts import Characteristic, ServedFrom, Value
from shared.errors import Fault

ItemRow: TypeAlias = ImportedItem | ItemBlock
ItemRowT = TypeVar("ItemRowT", ImportedItem, ItemBlock)
ItemKey: TypeAlias = tuple[str, str, str]
"""Kind, pool and value."""

StoredItems: TypeAlias = Mapping[ItemKey, PoolItem]

PLANT_OF_POOLS: Mapping[ServedFrom, PlantNameKind] = {
    ServedFrom.EXCHANGE: PlantNameKind.EXCHANGE,
    ServedFrom.SPLITTER: PlantNameKind.SPLITTER,
}
"""The plant whose names are those of pools."""

POOL_ATTRIBUTES: Mapping[ServedFrom, str] = {
    ServedFrom.EXCHANGE: "exchange",
    ServedFrom.SPLITTER: "splitter",
    ServedFrom.REGION: "local_network",
}
"""The attribute of the items of a block that names their pool."""


UNKNOWN_POOL: Mapping[ServedFrom, str] = {
    ServedFrom.EXCHANGE: "its pools are those of exchanges, and there is no such exchange",
    ServedFrom.SPLITTER: "its pools are those of splitters, and there is no such splitter",
    ServedFrom.REGION: "its pools are those of local networks, and there is no such network",
    ServedFrom.ANYWHERE: "it has one pool, of another name",
}
POOL_REMEDIES: Mapping[ServedFrom, str] = {
    ServedFrom.EXCHANGE: "import the exchange first: POST /ops/v1/import/exchanges",
    ServedFrom.SPLITTER: "import the splitter first: POST /ops/v1/import/splitters",
    ServedFrom.REGION: "give the area code of a local network that has an exchange: 025",
    ServedFrom.ANYWHERE: f"leave it out, or say {ANYWHERE_POOL}",
}


@dataclass(frozen=True, slots=True)
class KnownPools:
    """The plant that pools can belong to, and the kinds of resources by name."""

    kinds: Mapping[str, PoolKind]
    networks: Networks
    """The local network of each exchange."""

    splitters: Mapping[str, str]
    """The exchange of each splitter."""

    regions: Collection[str] = field(default=())
    """The local networks that have an exchange."""

    def exchange_of(self, kind: str, pool: str) -> str:
        """Return the exchange to which a pool belongs; empty if it belongs to none."""
        match self.kinds[kind].served_from:
            case ServedFrom.EXCHANGE:
                return pool
            case ServedFrom.SPLITTER:
                return self.splitters[pool]
            case ServedFrom.REGION | ServedFrom.ANYWHERE:
                return ""

    def can_have(self, kind: PoolKind, pool: str) -> bool:
        """Tell whether a pool of this kind can have this name."""
        match kind.served_from:
            case ServedFrom.EXCHANGE:
                return pool in self.networks
            case ServedFrom.SPLITTER:
                return pool in self.splitters
            case ServedFrom.REGION:
                return pool in self.regions
            case ServedFrom.ANYWHERE:
                return pool == ANYWHERE_POOL

    def is_unique(self, kind: str) -> bool:
        """Tell whether the values of a kind are unique within the tenant."""
        known = self.kinds.get(kind)
        return known is not None and known.unique_within is UniqueWithin.TENANT

    def pool_attributes(self, kind: str, pool: str) -> tuple[Characteristic, ...]:
        """Return the attributes of the items of a block that name their pool and its exchange."""
        name = POOL_ATTRIBUTES.get(self.kinds[kind].served_from)
        names = {name: pool} if name else {}
        if exchange := self.exchange_of(kind, pool):
            names["exchange"] = exchange
        return tuple(Characteristic(name=each, value=value) for each, value in names.items())


class ImportedItems(NamedTuple):
    """The items that an import creates, and those that get another element or other attributes."""

    new: list[Resource]
    changed: list[Resource]


def pool_names(
    rows: Sequence[ItemRow], kinds: Mapping[str, PoolKind]
) -> dict[PlantNameKind, set[str]]:
    """Return the plant names among the pools of these rows, by kind of plant."""
    found: dict[PlantNameKind, set[str]] = {each: set() for each in PLANT_OF_POOLS.values()}
    for row in rows:
        kind = kinds.get(row.kind)
        if kind and (plant := PLANT_OF_POOLS.get(kind.served_from)):
            found[plant].add(row.pool)
    return found


def with_known_pool(
    row: ItemRowT, kinds: Mapping[str, PoolKind], spelling: KnownPlantNames
) -> ItemRowT:
    """Return a row with the stored spelling of its pool; without a name, that of the one pool."""
    kind = kinds.get(row.kind)
    if kind is None:
        return row
    if kind.served_from is ServedFrom.ANYWHERE:
        return msgspec.structs.replace(row, pool=row.pool or ANYWHERE_POOL)
    plant = PLANT_OF_POOLS.get(kind.served_from)
    return msgspec.structs.replace(row, pool=spelling.of(plant, row.pool)) if plant else row


def pool_faults(rows: Sequence[IndexedRow[ItemRowT]], known: KnownPools) -> Iterator[Fault]:
    """Yield the faults in the kinds and pools of these rows."""
    for each in rows:
        kind = known.kinds.get(each.row.kind)
        if kind is None:
            remedy = "publish it first: POST /ops/v1/pool-kinds"
            yield each.fault("kind", "unknown-kind", "is not a kind of resources", remedy)
        elif table_of_kind(kind.name) is ResourceTable.NUMBERS or kind.comes_with_splitters:
            other = "splitters" if kind.comes_with_splitters else "segments"
            remedy = f"send {other}: POST /ops/v1/import/{other}"
            yield each.fault("kind", "other-import", f"comes with the import of {other}", remedy)
        elif not known.can_have(kind, each.row.pool):
            reason = f"{kind.name}: {UNKNOWN_POOL[kind.served_from]}"
            remedy = POOL_REMEDIES[kind.served_from]
            yield each.fault("pool", "unknown-pool", reason, remedy)


def item_faults(
    rows: Sequence[IndexedRow[ImportedItem]], known: KnownPools, stored: StoredItems
) -> Iterator[Fault]:
    """Yield the faults in the values of items whose kinds and pools are known."""
    counts = Counter(value_key(each.row, known) for each in rows)
    pools = {(kind, value): pool for kind, pool, value in stored}
    for each in rows:
        row = each.row
        if counts[value_key(row, known)] > 1:
            yield each.fault("value", "twice", "another row has this value", "send it once")
        if known.is_unique(row.kind):
            pool = pools.get((row.kind, row.value), row.pool)
            if pool != row.pool:
                reason, remedy = f"is in the pool {pool}", f"say pool {pool}, or another value"
                yield each.fault("value", "taken", reason, remedy)
        elif not row.value.startswith(f"{row.pool}/"):
            reason = f"does not begin with the name of its pool: {row.pool}/"
            yield each.fault("value", "not-unique", reason, f"say {row.pool}/{row.value}")
        before = stored.get(item_key(row))
        if before and before.service_id and is_changed(before.resource, row):
            reason = "has a holder, and another element or other attributes"
            remedy = "wait for its release, then import it again"
            yield each.fault("value", "held", reason, remedy)


def value_key(row: ImportedItem, known: KnownPools) -> ItemKey:
    """Return what no two rows may have in common."""
    return row.kind, "" if known.is_unique(row.kind) else row.pool, row.value


def item_key(row: ImportedItem) -> ItemKey:
    """Return the key of the item of a row."""
    return row.kind, row.pool, row.value


def is_changed(stored: Resource, row: ImportedItem) -> bool:
    """Tell whether a row has another element or other attributes than its stored item.

    Their order does not matter; `true` and 1 are different values.
    """
    attributes = {each.name: each.value for each in stored.attributes}
    return stored.element != row.element or as_json(attributes) != as_json(row.attributes)


def as_json(attributes: Mapping[str, Value]) -> bytes:
    """Return attributes as JSON, in the order of their names."""
    return msgspec.json.encode(attributes, order="sorted")


def imported_resource(tenant: str, row: ImportedItem) -> Resource:
    """Return the resource of a row."""
    attributes = (Characteristic(name=name, value=value) for name, value in row.attributes.items())
    return Resource(Pool(tenant, row.kind, row.pool), row.value, row.element, tuple(attributes))


def import_items(tenant: str, rows: Iterable[ImportedItem], stored: StoredItems) -> ImportedItems:
    """Return which items of rows without faults are new, and which are changed."""
    found = ImportedItems([], [])
    for row in rows:
        before, resource = stored.get(item_key(row)), imported_resource(tenant, row)
        if before is None:
            found.new.append(resource)
        elif is_changed(before.resource, row):
            found.changed.append(resource)
    return found
