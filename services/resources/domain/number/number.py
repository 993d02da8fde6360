"""One number: its selection for some minutes (选占), and the states that end by themselves."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from services.resources.domain.pool.resource import NumberKey
from services.resources.domain.pool.states import NUMBER_TRANSITIONS, NumberState, Transition
from services.resources.domain.scheduled_messages import NumberMessage, SelectionExpired
from shared.errors import ConflictError

HOLD_TIME = timedelta(minutes=10)
"""How long a client may take to order a number that it has selected (选占)."""

RETRY_DELAY = timedelta(minutes=1)
"""The delay before a number that was locked is tried again."""


class SelectedByAnotherError(ConflictError):
    """Another client has selected the number."""

    code = "held-by-another"


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One telephone number."""

    tenant: str
    e164: str
    exchange_id: str
    grade: str
    state: NumberState
    order_id: UUID | None = None
    service_id: UUID | None = None
    selected_by: str | None = None
    until: datetime | None = None

    @property
    def key(self) -> NumberKey:
        """Tenant and E.164: the key of the number."""
        return self.tenant, self.e164


def select(number: Number, client: str, now: datetime) -> Number:
    """Select the number for a client; selecting again changes nothing, and gains no time.

    Raises:
        ConflictError: if it is not available.
    """
    if is_selected(number, now):
        check_selected_by(number, client)
        return number
    if number.state not in {NumberState.IDLE, NumberState.SELECTED}:
        msg = f"the number is {number.state}"
        raise ConflictError(msg, code="not-idle", remedy="choose an idle number: search again")
    return replace(number, state=NumberState.SELECTED, selected_by=client, until=now + HOLD_TIME)


def deselect(number: Number, client: str, now: datetime) -> Number:
    """Give up the selection of a number, if this client has it.

    Raises:
        ConflictError: if another client has selected it.
    """
    if not is_selected(number, now):
        return number
    check_selected_by(number, client)
    return as_idle(number)


def idle_if_period_over(number: Number, message: NumberMessage) -> Number | None:
    """Return an expired number as idle; None if the message is about another period."""
    transition = (
        Transition.GIVE_UP if isinstance(message, SelectionExpired) else Transition.END_QUARANTINE
    )
    is_over = number.state in NUMBER_TRANSITIONS[transition] and number.until == message.until
    return as_idle(number) if is_over else None


def is_selected(number: Number, now: datetime) -> bool:
    """Tell whether a client has the number selected at this time."""
    return number.state is NumberState.SELECTED and number.until is not None and now < number.until


def check_selected_by(number: Number, client: str) -> None:
    """Check that this client has selected the number.

    Raises:
        SelectedByAnotherError: if another client has.
    """
    if number.selected_by != client:
        msg = f"the number is held by another client until {number.until:%Y-%m-%dT%H:%M:%SZ}"
        raise SelectedByAnotherError(msg, remedy="choose another number, or try again then")


def as_idle(number: Number) -> Number:
    """Return the number as idle."""
    return replace(number, state=NumberState.IDLE, selected_by=None, until=None)
