"""Standard output and standard error that never fail.

A full disk costs lines, which are counted; it must not keep a process from working, nor
from ending. Protected are the streams themselves, since libraries print to them too.
"""

import sys
import time
from typing import Any, TextIO, cast

from shared.observability import metrics


class FailsafeStream:
    """A text stream that counts what cannot be written, and goes on."""

    def __init__(self, stream: TextIO | None) -> None:
        """Wrap a stream; None stands for one that was closed before the process began."""
        self._stream = stream
        self.failing_since: float | None = None
        """When writing began to fail (seconds since the epoch); None while it does not."""

    def write(self, text: str) -> int:
        """Write a text, or count it as lost; return its length in either case."""
        try:
            cast("TextIO", self._stream).write(text)
        except (OSError, ValueError, AttributeError):  # a full disk, no reader, a closed file
            metrics.LOG_WRITES_LOST.inc()
            self.failing_since = self.failing_since or time.time()
        else:
            self.failing_since = None
        return len(text)

    def flush(self) -> None:
        """Write what is buffered, as far as that is possible now."""
        try:
            cast("TextIO", self._stream).flush()
        except (OSError, ValueError, AttributeError):
            self.failing_since = self.failing_since or time.time()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever a text stream has
        """Be like the wrapped stream in all else."""
        return getattr(self._stream, name)


def protect_streams() -> None:
    """Let nothing that this process writes to its standard streams raise from now on."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, FailsafeStream):
            setattr(sys, name, FailsafeStream(stream))


def failing_since() -> float | None:
    """Return since when the log cannot be written (seconds since the epoch), if it cannot."""
    return sys.stderr.failing_since if isinstance(sys.stderr, FailsafeStream) else None
