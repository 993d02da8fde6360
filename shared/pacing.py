"""Pauses of loops: adaptive batching, and the wait for an event.

Adaptive batching is a pause after each batch. Taking what is there, without waiting for
more, keeps latency low under light load, but under high load makes too many small
transactions, each with a fixed cost. So a large batch is followed by a pause in proportion
to its duration, in which the next batch fills. A single message causes no pause.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

PAUSE_RATIO = 2.0
"""Pause per duration of the batch; batches triple, and a third of all CPU is saved."""

FULL_BATCH = 16
"""From this size on a batch is followed by the full pause, below by a share of it."""

MAX_PAUSE_S = 0.25
"""Seconds. The longest pause, however long the batch took."""


@asynccontextmanager
async def pause_after_batch(size: int) -> AsyncIterator[None]:
    """Run the body, which handles a batch of `size`, then pause."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    yield
    share = max(0.0, min(1.0, (size - 1) / FULL_BATCH))
    await asyncio.sleep(min(MAX_PAUSE_S, PAUSE_RATIO * (loop.time() - start) * share))


async def wait_for_event(event: asyncio.Event, at_most: timedelta) -> bool:
    """Wait until an event is set, or for a limited time; return whether it was set."""
    try:
        async with asyncio.timeout(at_most.total_seconds()):
            return await event.wait()
    except TimeoutError:
        return False
