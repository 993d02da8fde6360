"""Selection of a number for some minutes (选占)."""

from services.resources import store
from services.resources.domain.number.number import Number, deselect, select
from services.resources.domain.pool.kinds import NUMBER
from services.resources.domain.pool.states import NumberState
from services.resources.domain.scheduled_messages import SelectionExpired
from shared.access.access_rule import require_found
from shared.messaging.unit_of_work import UnitOfWork
from shared.scheduling.timer_store import schedule


def select_for_client(e164: str, client: str, work: UnitOfWork) -> Number:
    """Select a number for a client, and schedule the end of the selection.

    Raises:
        NotFoundError: if it is not in the inventory.
        ConflictError: if it is not available.
    """
    number = require_number(store.find_number_for_update(work.session, (work.tenant, e164)))
    selected = select(number, client, work.now)
    if selected is not number:
        save_selection_change(number, selected, client, work)
        assert selected.until
        schedule(work, selected.until, SelectionExpired(e164=e164, until=selected.until))
    return selected


def deselect_for_client(e164: str, client: str, work: UnitOfWork) -> None:
    """Give up the selection of a number, if this client has it.

    Raises:
        NotFoundError: if it is not in the inventory.
        ConflictError: if another client has selected it.
    """
    number = require_number(store.find_number_for_update(work.session, (work.tenant, e164)))
    idle = deselect(number, client, work.now)
    if idle is not number:
        save_selection_change(number, idle, client, work)


def save_selection_change(number: Number, after: Number, client: str, work: UnitOfWork) -> None:
    """Store a changed number, and record the change."""
    store.put_numbers(work.session, [after])
    verb = "selected" if after.state is NumberState.SELECTED else "given up"
    work.record_change(
        NUMBER.name, after.e164, number.state, after.state, reason=f"{verb} by {client}"
    )


def require_number(found: Number | None) -> Number:
    """Return the number that was found.

    Raises:
        NotFoundError: if none was.
    """
    remedy = "search for numbers: /ops/v1/numbers?pattern=*888"
    return require_found(found, "the inventory has no such number", remedy=remedy)
