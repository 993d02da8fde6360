"""A thread pool that waits for its threads, also if their start is interrupted."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event


@contextmanager
def started_thread_pool(count: int) -> Iterator[ThreadPoolExecutor]:
    """Yield a pool whose threads run already; at the end wait for their tasks.

    A pool that is interrupted while it starts a thread does not register that thread, and does
    not wait for it: here such a thread has no task yet.
    """
    may_work = Event()
    with ThreadPoolExecutor(count) as pool:
        try:
            for _ in range(count):
                pool.submit(may_work.wait)
        finally:
            may_work.set()
        yield pool
