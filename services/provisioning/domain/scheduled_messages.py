"""What provisioning tells itself, when it is due. Nobody else hears it."""

from shared.contracts import OrderMessage, private


@private("provisioning.pause_ended", 1)
class PauseEnded(OrderMessage, frozen=True, kw_only=True):
    """The time has passed that a step waited for."""

    step: str
    """What the step is called within its plan."""
