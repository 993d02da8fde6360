"""What an order leaves behind: its services work, or are gone, or nothing came of it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from services.resources.domain.states import Move, NumberState, State, after
from services.resources.domain.things import Change, Holding, NumberKey
from shared.contracts import Action, ServiceCompleted


def gives_back(completed: ServiceCompleted) -> bool:
    """Tell whether the order may have given something back, besides taking into use."""
    return any(each.action is not Action.ADD for each in completed.services)


def undo(holdings: Iterable[Holding]) -> list[Change]:
    """Free what was reserved, and take back into use what was to be given back."""
    return list(moved(holdings, Move.UNDO))


def release(
    holdings: Iterable[Holding], rests: Mapping[NumberKey, timedelta], now: datetime
) -> list[Change]:
    """Free what was to be given back; its numbers rest first, each as long as `rests` says."""
    return [
        change._replace(until=now + rests[change.thing.number])
        if change.became is NumberState.QUARANTINED
        else change
        for change in moved(holdings, Move.RELEASE)
    ]


def moved(holdings: Iterable[Holding], move: Move) -> Iterator[Change]:
    """Yield what a move changes; it does nothing to what it finds in another state."""
    for each in holdings:
        became: State | None = after(each.state, move)
        if became:
            yield Change(each.thing, each.state, became, each.order_id, each.service_id)
