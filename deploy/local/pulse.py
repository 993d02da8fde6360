"""Whether a process still answers. One that hangs is no better than one that has ended."""

from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

import psutil

LOOK_EVERY = 5.0
"""Seconds between two looks whether a process answers."""

ANSWER_WITHIN = 5.0
"""Seconds that one look waits for the answer."""

MOST_SILENT = 12
"""Looks in a row without an answer after which a process hangs: a minute. They are counted,
and no time is taken, so that a machine that slept does not find everything hanging."""

MOST_SILENT_AT_START = 120
"""The same for a process that has not answered yet in this life: ten minutes. It may wait for
its database, or read what a crash left."""


@dataclass
class Pulse:
    """How long one life of a process has not answered."""

    server: psutil.Process
    has_answered: bool = False
    silent: int = 0
    """Looks in a row without an answer."""

    def note(self, *, answers: bool) -> None:
        """Note what one look found."""
        self.has_answered = self.has_answered or answers
        self.silent = 0 if answers else self.silent + 1

    @property
    def is_hung(self) -> bool:
        """Tell whether it has not answered for so long that it will not answer any more."""
        return self.silent >= (MOST_SILENT if self.has_answered else MOST_SILENT_AT_START)


def answers_http(url: str) -> bool:
    """Tell whether a process answers `GET /health/live`, whatever it says."""
    address = url.removeprefix("http://")
    with (
        suppress(OSError, HTTPException),
        closing(HTTPConnection(address, timeout=ANSWER_WITHIN)) as connection,
    ):
        connection.request("GET", "/health/live")
        connection.getresponse()
        return True
    return False
