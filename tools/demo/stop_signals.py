"""Being told to stop: at any moment, and once."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stop_signals_interrupt() -> Iterator[None]:
    """Let every way of being told to stop be like Ctrl-C, until the block ends."""
    before = {number: signal.signal(number, raise_interrupt) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def raise_interrupt(_number: int, _frame: FrameType | None) -> None:
    """Stop what is under way; being told so again changes nothing."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


@contextmanager
def stop_signals_ignored() -> Iterator[None]:
    """Finish a block whatever happens: who cleans up is not to be interrupted again."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
