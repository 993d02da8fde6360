"""Signals that stop the demonstration: the first one interrupts it, at any moment."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stop_signals_interrupt() -> Iterator[None]:
    """Handle all stop signals like Ctrl-C until the block ends."""
    before = {number: signal.signal(number, raise_interrupt) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def raise_interrupt(_number: int, _frame: FrameType | None) -> None:
    """Interrupt the main thread; ignore further stop signals."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


@contextmanager
def stop_signals_ignored() -> Iterator[None]:
    """Ignore stop signals until the block ends, so that a cleanup is not interrupted."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
