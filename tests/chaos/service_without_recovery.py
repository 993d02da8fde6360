"""A service with its recovery taken out, for the control: it finds every database whole.

Run as `python -m tests.chaos.service_without_recovery SERVICE all`.
"""

import runpy
import sys

from shared.recovery import database_identity, recovery
from shared.recovery.loss_detection import find_loss


async def nothing_set_back(*_: object) -> None:
    """Compare nothing, and find nothing lost."""


def found_in_place(*_: object) -> bool:
    """Find the tables in the database in which they were."""
    return False


if __name__ == "__main__":
    setattr(recovery, find_loss.__name__, nothing_set_back)
    setattr(database_identity, database_identity.detect_replacement.__name__, found_in_place)
    _, service, *words = sys.argv
    sys.argv = [service, *words]
    runpy.run_module(f"services.{service}", run_name="__main__", alter_sys=False)
