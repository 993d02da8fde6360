"""How long released resources rest before they are free."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from services.resources.domain.pool.kinds import NUMBER, KindKey, PoolKinds, ResourceTable
from services.resources.domain.pool.resource import NumberKey, Resource, ResourceKey


def kinds_of(resources: Iterable[Resource]) -> set[KindKey]:
    """Return the kinds of these resources."""
    return {(each.pool.tenant, each.pool.kind) for each in resources}


def numbers_among(resources: Iterable[Resource]) -> list[NumberKey]:
    """Return the keys of the numbers among these resources."""
    return [each.number_key for each in resources if each.pool.table is ResourceTable.NUMBERS]


def quarantine_periods(
    resources: Iterable[Resource], kinds: PoolKinds, days_of_numbers: Mapping[NumberKey, int]
) -> dict[ResourceKey, timedelta]:
    """Return the period of each of these resources that rests after its release.

    Args:
        resources: those that are released.
        kinds: the kinds that were found.
        days_of_numbers: the days of numbers whose segment says how long they rest.
    """
    days = dict(days_to_rest(resources, kinds, days_of_numbers))
    return {key: timedelta(days=each) for key, each in days.items()}


def days_to_rest(
    resources: Iterable[Resource], kinds: PoolKinds, days_of_numbers: Mapping[NumberKey, int]
) -> Iterator[tuple[ResourceKey, int]]:
    """Yield the days of each of these resources that rests; a number always does."""
    for each in resources:
        kind = kinds.get((each.pool.tenant, each.pool.kind))
        if each.pool.table is ResourceTable.NUMBERS:
            yield each.key, days_of_numbers.get(each.number_key, NUMBER.quarantine_days)
        elif kind and kind.quarantine_days:
            yield each.key, kind.quarantine_days
