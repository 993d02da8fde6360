"""One line for each request answered, made without the long way through structlog.

What is written holds nothing personal by construction: the route's template instead of
the path, ids, numbers.
"""

import sys
import time
from datetime import UTC, datetime

import msgspec
import structlog

from shared.config.settings import Settings
from shared.http.visit import Visit

log = structlog.get_logger()

SELDOM = 1.0
"""Seconds between two lines about callers that left: everybody can leave as often as they like."""

encode = msgspec.json.Encoder().encode


class Line(msgspec.Struct):
    """One request, as the log has it."""

    method: str
    route: str
    status: int
    ms: float
    correlation_id: str
    request_id: str
    client: str
    service: str
    timestamp: datetime
    level: str = "info"
    event: str = "http.answered"


class AccessLog:
    """Writes down who was answered what, and how fast."""

    def __init__(self, settings: Settings) -> None:
        self._service = settings.service
        self._is_heard = settings.log_level in {"debug", "info"}
        self._is_json = settings.log == "json"
        self._unanswered = 0
        self._told_at = float("-inf")

    def write(self, visit: Visit, method: str, route: str, status: int, seconds: float) -> None:
        """Write the line for one request."""
        if not self._is_heard:
            return
        line = Line(
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 2),
            correlation_id=visit.correlation,
            request_id=visit.request_id,
            client=visit.caller.client if visit.caller else "",
            service=self._service,
            timestamp=datetime.fromtimestamp(time.time(), UTC),
        )
        if self._is_json:
            sys.stderr.write(encode(line).decode() + "\n")
        else:
            log.info("http.answered", method=method, route=route, status=status, ms=line.ms)

    def note_unanswered(self, visit: Visit, method: str, route: str, status: int) -> None:
        """Count a caller that left, or was cut off, before it had an answer.

        The line is written once a second at most, and says how many they were since the last.
        """
        self._unanswered += 1
        now = time.monotonic()
        if now - self._told_at < SELDOM:
            return
        client = visit.caller.client if visit.caller else ""
        times, self._unanswered, self._told_at = self._unanswered, 0, now
        log.info(
            "http.unanswered",
            method=method,
            route=route,
            status=status,
            client=client,
            times=times,
        )
