"""A service without recovery, for the negative control: it never detects a restore.

Run as `python -m tests.chaos.service_without_recovery SERVICE all`.
"""

import runpy
import sys

from shared.recovery import database_identity, recovery
from shared.recovery.loss_detection import find_loss


async def detect_no_loss(*_: object) -> None:
    """Compare nothing, and detect no loss."""


def detect_no_replacement(*_: object) -> bool:
    """Report that the database was not replaced."""
    return False


if __name__ == "__main__":
    setattr(recovery, find_loss.__name__, detect_no_loss)
    setattr(
        database_identity,
        database_identity.detect_and_record_replacement.__name__,
        detect_no_replacement,
    )
    _, service, *words = sys.argv
    sys.argv = [service, *words]
    runpy.run_module(f"services.{service}", run_name="__main__", alter_sys=False)
