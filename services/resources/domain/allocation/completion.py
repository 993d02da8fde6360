"""The end of an order: its resources are taken into use, released, or restored."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from services.resources.domain.pool.resource import Holding, NumberKey, ResourceChange
from services.resources.domain.pool.states import NumberState, ResourceState, Transition, next_state


def undo(holdings: Iterable[Holding]) -> list[ResourceChange]:
    """Free what was reserved, and take what was pre-released back into use."""
    return list(apply_transition(holdings, Transition.UNDO))


def released_numbers(holdings: Iterable[Holding]) -> list[NumberKey]:
    """Return the numbers among these holdings that are to be released."""
    return [
        each.resource.number_key for each in holdings if each.state is NumberState.PENDING_RELEASE
    ]


def release(
    holdings: Iterable[Holding], periods: Mapping[NumberKey, timedelta], now: datetime
) -> list[ResourceChange]:
    """Free what was pre-released; its numbers go to quarantine, each for its own period."""
    return [
        change._replace(until=now + periods[change.resource.number_key])
        if change.became is NumberState.QUARANTINED
        else change
        for change in apply_transition(holdings, Transition.RELEASE)
    ]


def apply_transition(
    holdings: Iterable[Holding], transition: Transition
) -> Iterator[ResourceChange]:
    """Yield the changes of a transition; holdings in any other state stay unchanged."""
    for each in holdings:
        became: ResourceState | None = next_state(each.state, transition)
        if became:
            yield ResourceChange(each.resource, each.state, became, each.order_id, each.service_id)
