"""The small service with a task that ignores cancellation.

Run as `python -m tests.shared.runtime.endless_task`.

Some of Faust's tasks do so, now and then, while they join a group.
"""

import asyncio
from contextlib import suppress
from dataclasses import replace

from shared.calls.outbound_call import Adapter
from shared.config.settings import Settings
from shared.runtime.run import run
from shared.service import OutboundCalls
from tests.shared import small_service
from tests.shared.scripted_elements import ScriptedElement

tasks: list["asyncio.Future[None]"] = []


def adapter(_: Settings) -> Adapter:
    """Return an adapter, and start the task."""
    tasks.append(asyncio.ensure_future(run_endlessly()))
    return ScriptedElement()


async def run_endlessly() -> None:
    """Run without end, cancelled or not."""
    while True:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)


if __name__ == "__main__":
    run(replace(small_service.SERVICE, calls=OutboundCalls(adapter)))
