"""Messages that provisioning schedules for itself. No other service consumes them."""

from shared.contracts import OrderMessage, private


@private("provisioning.pause_ended", 1)
class StepTimerExpired(OrderMessage, frozen=True, kw_only=True):
    """The time that a step waited for has passed."""

    step: str
    """The step's reference within its plan."""
