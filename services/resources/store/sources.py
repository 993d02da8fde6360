"""What is free, read and locked: the lowest of each pool, for a whole batch at once."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Integer,
    Select,
    Text,
    bindparam,
    column,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import TableValuedAlias

from services.resources.domain.things import Kind, Pool, Thing
from services.resources.tables import ItemRow, NumberRow
from shared.bulk import table_of

NUMBERS = table_of(NumberRow)
ITEMS = table_of(ItemRow)


def relation(**columns: type[Text | Integer]) -> TableValuedAlias:
    """Return a relation bound to one array for each column; `place` counts its rows from 1."""
    arrays = (bindparam(name, type_=ARRAY(kind)) for name, kind in columns.items())
    shown = (column(name, kind) for name, kind in columns.items())
    rows = func.unnest(*arrays).table_valued(*shown, with_ordinality="place", name="want")
    return rows.render_derived()


class Source(NamedTuple):
    """A table to take from."""

    pool: tuple[Column[Any], ...]
    """What tells its pools apart."""

    free: Column[Any]
    shown: tuple[Column[Any], ...]
    """What is read of a thing: first its value, by which the lowest is known."""

    def take(self, *, patient: bool) -> Select[Any]:
        """Return the statement that locks the lowest free ones; a patient one waits for locks."""
        want = self._wanted()
        rows = self._lowest(want, self.shown).with_for_update(skip_locked=not patient)
        found = rows.lateral("found")
        return select(want.c.place, *found.c).select_from(want.join(found, true()))

    def see(self) -> Select[Any]:
        """Return the statement that counts what can be seen free, locked by others or not."""
        want = self._wanted()
        found = self._lowest(want, [literal_column("1").label("one")]).lateral("found")
        counted = select(want.c.place, func.count()).select_from(want.join(found, true()))
        return counted.group_by(want.c.place)

    def _wanted(self) -> TableValuedAlias:
        return relation(**{each.name: Text for each in self.pool}, wanted=Integer)

    def _lowest(self, want: TableValuedAlias, shown: Sequence[ColumnElement[Any]]) -> Select[Any]:
        ours = [each == want.c[each.name] for each in self.pool]
        value = self.shown[0]
        return select(*shown).where(*ours, self.free).order_by(value).limit(want.c.wanted)


NUMBER_SOURCE = Source(
    (NUMBERS.c.tenant, NUMBERS.c.exchange_id, NUMBERS.c.grade), NUMBERS.c.idle, (NUMBERS.c.e164,)
)
ITEM_SOURCE = Source(
    (ITEMS.c.tenant, ITEMS.c.kind, ITEMS.c.pool),
    ITEMS.c.free,
    (ITEMS.c.value, ITEMS.c.element, ITEMS.c.attributes),
)
SOURCES = (NUMBER_SOURCE, ITEM_SOURCE)
EAGER = {each: each.take(patient=False) for each in SOURCES}
PATIENT = {each: each.take(patient=True) for each in SOURCES}
SEE = {each: each.see() for each in SOURCES}


def take(session: Session, wanted: Mapping[Pool, int], *, patient: bool) -> dict[Pool, list[Thing]]:
    """Lock the lowest free things of each pool, as many as are wanted or there are."""
    statements = PATIENT if patient else EAGER
    found: dict[Pool, list[Thing]] = {}
    for source, pools in divided(wanted):
        for place, *shown in session.execute(statements[source], bound(source, pools, wanted)):
            pool = pools[place - 1]
            found.setdefault(pool, []).append(Thing(pool, *shown))
    return found


def seen(session: Session, wanted: Mapping[Pool, int]) -> dict[Pool, int]:
    """Return how many things of each pool can be seen free now, up to what is wanted."""
    return {
        pools[place - 1]: count
        for source, pools in divided(wanted)
        for place, count in session.execute(SEE[source], bound(source, pools, wanted))
    }


def divided(pools: Mapping[Pool, int]) -> list[tuple[Source, list[Pool]]]:
    """Return which pools lie in which table, in order."""
    numbers = sorted(pool for pool in pools if pool.kind is Kind.NUMBER)
    items = sorted(pool for pool in pools if pool.kind is not Kind.NUMBER)
    return [each for each in zip(SOURCES, (numbers, items), strict=True) if each[1]]


def bound(
    source: Source, pools: Sequence[Pool], wanted: Mapping[Pool, int]
) -> dict[str, list[Any]]:
    """Return what a statement on these pools is bound to."""
    if source is NUMBER_SOURCE:
        rows = [(pool.tenant, pool.name, pool.grade, wanted[pool]) for pool in pools]
    else:
        rows = [(pool.tenant, pool.kind.value, pool.name, wanted[pool]) for pool in pools]
    names = (*(each.name for each in source.pool), "wanted")
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
