"""A service with its recovery taken out, for the control: it finds every database whole.

Run as `python -m tests.chaos.unrecovered SERVICE all`.
"""

import runpy
import sys

from shared.recovery import identity, recovery
from shared.recovery.evidence import find_loss


async def found_whole(*_: object) -> None:
    """Compare nothing, and find nothing lost."""


def found_in_place(*_: object) -> bool:
    """Find the tables in the database in which they were."""
    return False


if __name__ == "__main__":
    setattr(recovery, find_loss.__name__, found_whole)
    setattr(identity, identity.look.__name__, found_in_place)
    _, service, *words = sys.argv
    sys.argv = [service, *words]
    runpy.run_module(f"services.{service}", run_name="__main__", alter_sys=False)
