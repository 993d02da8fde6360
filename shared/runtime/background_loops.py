"""The loops of a process: if one of them ends by itself, the process does."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from shared.exit import stop_process
from shared.observability.library_log_levels import Ending


async def done_before(stopping: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Do some work and tell whether it is done; it is left when the process is told to stop."""
    doing, waiting = asyncio.ensure_future(work), asyncio.ensure_future(stopping.wait())
    await asyncio.wait({doing, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not doing.done():
        doing.cancel()
        return False
    await doing  # raises what it raised
    return True


def watch(loop: Coroutine[Any, Any, None]) -> "asyncio.Future[None]":
    """Run a loop beside the others, and end the process if it ends by itself."""
    task = asyncio.ensure_future(loop)
    watched.add(task)
    task.add_done_callback(ended)
    return task


def ended(loop: "asyncio.Future[None]") -> None:
    """End the process with one of its loops, unless it is ending in order."""
    if not loop.cancelled() and not Ending.has_begun:
        stop_process("a loop ended", loop)


def stop_watching() -> None:
    """End the loops: this is an orderly end."""
    for task in watched:
        task.cancel()


watched: set["asyncio.Future[None]"] = set()
"""The event loop itself keeps only weak references to its tasks."""
