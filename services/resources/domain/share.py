"""Sharing out: who gets which things, when many ask at once.

The orders are served in turn, as if each had come alone: an order gets the lowest
free thing of each pool, or the very number that it picked, and all that it asks for
or nothing. What one is refused is there for the next.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeAlias

from services.resources.domain.claim import Ask, Claim, assigned, refuse, tell_again
from services.resources.domain.states import ItemState, Move, NumberState, State, after
from services.resources.domain.things import Change, Key, Kind, NumberKey, Pool, Thing
from shared.contracts import RefusalCode, ResourcesAssigned, ResourcesRefused

Answer: TypeAlias = ResourcesAssigned | ResourcesRefused


class Pick(NamedTuple):
    """A number that somebody picked, as it is now."""

    thing: Thing
    network: str
    state: NumberState
    selected_by: str = ""
    until: datetime | None = None

    def is_free_for(self, client: str, now: datetime) -> bool:
        """Tell whether this client may have it: nobody's, or selected by the client itself."""
        return (
            self.state is NumberState.IDLE
            or self.selected_by == client
            or (self.until is not None and self.until <= now)
        )


class Share(NamedTuple):
    """What one order is told, and what changes for it."""

    answer: Answer
    changes: tuple[Change, ...] = ()

    @property
    def is_again(self) -> bool:
        """Tell whether the order holds it already, and has asked again."""
        return not self.changes and isinstance(self.answer, ResourcesAssigned)

    @property
    def local_network(self) -> str:
        """The area that the order is about: that of its first item with an address."""
        items = self.answer.items if isinstance(self.answer, ResourcesAssigned) else ()
        return next((each.local_network for each in items if each.local_network), "")


class Demand(NamedTuple):
    """What a batch of claims asks for together."""

    pools: Mapping[Pool, int]
    picked: Sequence[NumberKey]


def demand(claims: Iterable[Claim | ResourcesRefused]) -> Demand:
    """Return how many things of each pool, and which numbers, are asked for."""
    asks = [ask for each in claims if isinstance(each, Claim) for ask in each.asks]
    picked = {(ask.pool.tenant, ask.picked) for ask in asks if ask.picked}
    return Demand(Counter(ask.pool for ask in asks if not ask.picked), sorted(picked))


@dataclass(slots=True)
class Stock:
    """What there is to share out."""

    free: Mapping[Pool, Sequence[Thing]]
    """The lowest first; what the picks are may be among them."""

    picks: Mapping[NumberKey, Pick]
    now: datetime
    gone: set[Key] = field(default_factory=set)
    begin: dict[Pool, int] = field(default_factory=dict)
    """Everything before this place in the pool is gone."""

    def lowest(self, pool: Pool, mine: Collection[Key]) -> Thing | None:
        """Return the lowest thing of a pool that neither another nor `mine` has."""
        things, place = self.free.get(pool, ()), self.begin.get(pool, 0)
        while place < len(things) and things[place].key in self.gone:
            place += 1
        self.begin[pool] = place
        while place < len(things) and (things[place].key in mine or things[place].key in self.gone):
            place += 1
        return things[place] if place < len(things) else None

    def picked(self, ask: Ask, client: str, mine: Collection[Key]) -> Pick | str:
        """Return the number that was picked, or say why it cannot be had."""
        pick = self.picks.get((ask.pool.tenant, ask.picked))
        if pick is None or pick.thing.key in self.gone or pick.thing.key in mine:
            return "the picked number is held by another, or is none of ours"
        if not pick.is_free_for(client, self.now):
            return "the picked number is selected by another"
        if pick.thing.pool.grade != ask.pool.grade:
            return "the picked number is not of the grade that was sold"
        if ask.network not in {"", pick.network}:
            return "the picked number belongs to another local network than the address"
        return pick


def share_out(claims: Iterable[Claim | ResourcesRefused], stock: Stock) -> list[Share]:
    """Give each order all that it asks for or nothing, first come first served."""
    return [
        Share(each) if isinstance(each, ResourcesRefused) else settle(each, stock)
        for each in claims
    ]


def settle(claim: Claim, stock: Stock) -> Share:
    """Give one order all that it asks for, or nothing."""
    if claim.held:
        return Share(tell_again(claim))
    changes = []
    mine: set[Key] = set()
    for ask in claim.asks:
        change = meet(ask, claim, stock, mine)
        if isinstance(change, ResourcesRefused):
            return Share(change)
        changes.append(change)
        mine.add(change.thing.key)
    stock.gone |= mine
    changes += give_back(claim)
    return Share(assigned(claim, [(each.service_id, each.thing) for each in changes]), (*changes,))


def meet(ask: Ask, claim: Claim, stock: Stock, mine: Collection[Key]) -> Change | ResourcesRefused:
    """Find what one ask is for, or refuse the order."""
    request = claim.request
    if ask.picked:
        pick = stock.picked(ask, request.wanted.client, mine)
        if isinstance(pick, str):
            return refuse(request, ask.item, RefusalCode.NOT_AVAILABLE, pick)
        return reserve(pick.thing, pick.state, NumberState.RESERVED, claim, ask)
    thing = stock.lowest(ask.pool, mine)
    if thing is None:
        return refuse(request, ask.item, RefusalCode.NONE_FREE, none_free(ask.pool))
    if ask.pool.kind is Kind.NUMBER:
        return reserve(thing, NumberState.IDLE, NumberState.RESERVED, claim, ask)
    return reserve(thing, ItemState.FREE, ItemState.RESERVED, claim, ask)


def reserve(thing: Thing, was: State, became: State, claim: Claim, ask: Ask) -> Change:
    """Bind a thing to the order."""
    return Change(thing, was, became, claim.request.wanted.order_id, ask.item.service_id)


def give_back(claim: Claim) -> Iterator[Change]:
    """Yield what changes with the things that the order gives back."""
    for each in claim.returned:
        became = after(each.state, Move.PRE_RELEASE)
        assert became
        order_id = claim.request.wanted.order_id
        yield Change(each.thing, each.state, became, order_id, each.service_id)


def none_free(pool: Pool) -> str:
    """Say that a pool has nothing left."""
    what = f"number of grade {pool.grade}" if pool.grade else pool.kind
    return f"no {what} of {pool.name} is free"
