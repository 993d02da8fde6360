"""The small service with a task that ignores cancellation.

Run as `python -m tests.shared.runtime.endless_task`.

Some of Faust's tasks do so, now and then, while they join a group.
"""

import asyncio
from contextlib import suppress
from dataclasses import replace

from shared.calls.adapter import Adapter
from shared.runtime.run import run
from shared.service_definition import OutboundCallConfig
from tests.shared import small_service
from tests.shared.scripted_elements import ScriptedElement

tasks: list["asyncio.Future[None]"] = []


class ScriptedRegistry:
    """One scripted element for all names."""

    def __init__(self) -> None:
        """Start the task."""
        self._element = ScriptedElement()
        tasks.append(asyncio.ensure_future(run_endlessly()))

    def adapter_of(self, _: str) -> Adapter:
        """Return the scripted element."""
        return self._element

    async def close(self) -> None:
        """Close nothing."""


async def run_endlessly() -> None:
    """Run without end, cancelled or not."""
    while True:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)


if __name__ == "__main__":
    run(replace(small_service.SERVICE, calls=OutboundCallConfig(ScriptedRegistry)))
