"""Detection of processes that hang: they are treated like processes that have ended."""

from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

import psutil

CHECK_INTERVAL_S = 5.0
"""Seconds between two checks whether a process answers."""

ANSWER_TIMEOUT_S = 5.0
"""Seconds that one check waits for the answer."""

MAX_MISSED_CHECKS = 12
"""Consecutive checks without an answer after which a process counts as hung: a minute. Checks
are counted, not time, so that nothing counts as hung after the machine was suspended."""

MAX_MISSED_CHECKS_AT_START = 120
"""The same for a process that has not answered yet since its start: ten minutes. It may wait
for its database, or recover after a crash."""


@dataclass
class Liveness:
    """The results of the checks of one process."""

    server: psutil.Process
    has_answered: bool = False
    missed_checks: int = 0
    """Consecutive checks without an answer."""

    def note(self, *, answers: bool) -> None:
        """Record the result of one check."""
        self.has_answered = self.has_answered or answers
        self.missed_checks = 0 if answers else self.missed_checks + 1

    @property
    def is_hung(self) -> bool:
        """Tell whether it has missed so many checks that it counts as hung."""
        return self.missed_checks >= (
            MAX_MISSED_CHECKS if self.has_answered else MAX_MISSED_CHECKS_AT_START
        )


def answers_http(url: str) -> bool:
    """Tell whether a process answers `GET /health/live`, with any status."""
    address = url.removeprefix("http://")
    with (
        suppress(OSError, HTTPException),
        closing(HTTPConnection(address, timeout=ANSWER_TIMEOUT_S)) as connection,
    ):
        connection.request("GET", "/health/live")
        connection.getresponse()
        return True
    return False
