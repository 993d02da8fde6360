"""Standard output and standard error that never raise.

On a full disk, lines are lost and counted; the process continues to work, and can end. The
streams themselves are wrapped, since libraries print to them too.
"""

import sys
import time
from typing import Any, TextIO, cast

from shared.observability import metrics


class FailsafeStream:
    """A text stream that counts failed writes instead of raising."""

    def __init__(self, stream: TextIO | None) -> None:
        """Wrap a stream; None stands for one that was closed before the process began."""
        self._stream = stream
        self.failing_since: float | None = None
        """Time of the first failed write (seconds since the epoch); None while writes succeed."""

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
        """Write the buffered text, as far as possible now."""
        try:
            cast("TextIO", self._stream).flush()
        except (OSError, ValueError, AttributeError):
            self.failing_since = self.failing_since or time.time()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  any attribute of a text stream
        """Return the wrapped stream's attribute."""
        return getattr(self._stream, name)


def protect_streams() -> None:
    """Replace this process's standard streams by ones that never raise."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, FailsafeStream):
            setattr(sys, name, FailsafeStream(stream))


def failing_since() -> float | None:
    """Return since when log writes have failed (seconds since the epoch); None if they do not."""
    return sys.stderr.failing_since if isinstance(sys.stderr, FailsafeStream) else None
