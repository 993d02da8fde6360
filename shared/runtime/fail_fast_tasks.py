"""Fail-fast tasks: the loops of a process; if one of them ends by itself, the process ends."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from shared.exit import abort_process
from shared.observability.third_party_log_levels import Shutdown


async def run_unless_stopped(stopping: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Run some work; return whether it was done, or cancelled by a stop signal."""
    task, waiting = asyncio.ensure_future(work), asyncio.ensure_future(stopping.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not task.done():
        task.cancel()
        return False
    await task  # raises what it raised
    return True


def start_critical_task(loop: Coroutine[Any, Any, None]) -> "asyncio.Future[None]":
    """Run a loop beside the others, and end the process if it ends by itself."""
    task = asyncio.ensure_future(loop)
    critical_tasks.add(task)
    task.add_done_callback(on_loop_end)
    return task


def on_loop_end(loop: "asyncio.Future[None]") -> None:
    """End the process when one of its loops ends, unless it is shutting down."""
    if not loop.cancelled() and not Shutdown.has_begun:
        abort_process("a loop ended", loop)


def cancel_loops() -> None:
    """Cancel the loops: this is an orderly shutdown."""
    for task in critical_tasks:
        task.cancel()


critical_tasks: set["asyncio.Future[None]"] = set()
"""The event loop itself keeps only weak references to its tasks."""
