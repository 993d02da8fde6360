"""A service with its recovery taken out, for the control: it finds every database whole.

Run as `python -m tests.chaos.unrecovered SERVICE all`.
"""

import runpy
import sys

from shared.recovery import recovery
from shared.recovery.evidence import set_back_since


async def found_whole(*_: object) -> None:
    """Compare nothing, and find nothing lost."""


if __name__ == "__main__":
    setattr(recovery, set_back_since.__name__, found_whole)
    _, service, *words = sys.argv
    sys.argv = [service, *words]
    runpy.run_module(f"services.{service}", run_name="__main__", alter_sys=False)
