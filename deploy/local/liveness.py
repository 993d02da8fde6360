"""Whether a process still answers. One that hangs is no better than one that has ended."""

from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

import psutil

CHECK_INTERVAL_S = 5.0
"""Seconds between two looks whether a process answers."""

ANSWER_TIMEOUT_S = 5.0
"""Seconds that one look waits for the answer."""

MAX_MISSED_CHECKS = 12
"""Looks in a row without an answer after which a process hangs: a minute. They are counted,
and no time is taken, so that a machine that slept does not find everything hanging."""

MAX_MISSED_CHECKS_AT_START = 120
"""The same for a process that has not answered yet in this life: ten minutes. It may wait for
its database, or read what a crash left."""


@dataclass
class Liveness:
    """How long one life of a process has not answered."""

    server: psutil.Process
    has_answered: bool = False
    missed_checks: int = 0
    """Looks in a row without an answer."""

    def note(self, *, answers: bool) -> None:
        """Note what one look found."""
        self.has_answered = self.has_answered or answers
        self.missed_checks = 0 if answers else self.missed_checks + 1

    @property
    def is_hung(self) -> bool:
        """Tell whether it has not answered for so long that it will not answer any more."""
        return self.missed_checks >= (
            MAX_MISSED_CHECKS if self.has_answered else MAX_MISSED_CHECKS_AT_START
        )


def answers_http(url: str) -> bool:
    """Tell whether a process answers `GET /health/live`, whatever it says."""
    address = url.removeprefix("http://")
    with (
        suppress(OSError, HTTPException),
        closing(HTTPConnection(address, timeout=ANSWER_TIMEOUT_S)) as connection,
    ):
        connection.request("GET", "/health/live")
        connection.getresponse()
        return True
    return False
