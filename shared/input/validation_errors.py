"""The error that a rule for input raises."""

from pydantic_core import PydanticCustomError


def validation_error(code: str, reason: str, remedy: str) -> PydanticCustomError:
    """Return the error that a rule raises; it becomes a fault with this text.

    Args:
        code: stable and public.
        reason: for people. Never repeats what was sent: it may be personal.
        remedy: what the caller can do about it.
    """
    return PydanticCustomError(
        code,
        "{reason}",
        {"reason": reason, "remedy": remedy},
    )
