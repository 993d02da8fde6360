"""What an order leaves behind: its services work, or are gone, or nothing came of it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from services.resources.domain.pool.resource import Holding, NumberKey, ResourceChange
from services.resources.domain.pool.states import NumberState, ResourceState, Transition, next_state
from shared.contracts import Action, ServiceCompleted


def may_release(completed: ServiceCompleted) -> bool:
    """Tell whether the order may have given something back, besides taking into use."""
    return any(each.action is not Action.ADD for each in completed.services)


def undo(holdings: Iterable[Holding]) -> list[ResourceChange]:
    """Free what was reserved, and take back into use what was to be given back."""
    return list(apply_transition(holdings, Transition.UNDO))


def release(
    holdings: Iterable[Holding], rests: Mapping[NumberKey, timedelta], now: datetime
) -> list[ResourceChange]:
    """Free what was to be given back; its numbers rest first, each as long as `rests` says."""
    return [
        change._replace(until=now + rests[change.resource.number_key])
        if change.became is NumberState.QUARANTINED
        else change
        for change in apply_transition(holdings, Transition.RELEASE)
    ]


def apply_transition(
    holdings: Iterable[Holding], transition: Transition
) -> Iterator[ResourceChange]:
    """Yield what a transition changes; it does nothing to what it finds in another state."""
    for each in holdings:
        became: ResourceState | None = next_state(each.state, transition)
        if became:
            yield ResourceChange(each.resource, each.state, became, each.order_id, each.service_id)
