"""The end of an order: its resources are taken into use, released, or restored."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from services.resources.domain.pool.resource import Holding, NumberKey, ResourceChange
from services.resources.domain.pool.states import NumberState, ResourceState, Transition, next_state
from shared.contracts import ReleaseRequested, ResourcesReleased


def undo(holdings: Iterable[Holding]) -> list[ResourceChange]:
    """Free what was reserved, and take what was pre-released back into use."""
    return list(apply_transition(holdings, Transition.UNDO))


def holdings_to_release(
    released: Iterable[ReleaseRequested | ResourcesReleased], holdings: Iterable[Holding]
) -> list[Holding]:
    """Return what these messages release: the holdings that they name, or all of their order."""
    whole: set[UUID | None] = set()
    named: set[tuple[UUID | None, str, str]] = set()
    for each in released:
        named |= {(each.order_id, held.kind, held.value) for held in each.held}
        whole |= set() if each.held else {each.order_id}
    return [
        each
        for each in holdings
        if each.order_id in whole
        or (each.order_id, each.resource.pool.kind.value, each.resource.value) in named
    ]


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
