"""The access log: one line for each answered request, written without structlog for speed.

A line holds nothing personal by construction: the route's template instead of the path,
ids, numbers.
"""

import sys
import time
from datetime import UTC, datetime

import msgspec
import structlog

from shared.config.settings import Settings
from shared.http.request_context import RequestContext

log = structlog.get_logger()

UNANSWERED_LOG_INTERVAL_S = 1.0
"""Seconds between two lines on callers that left: anyone can cause any number of them."""

encode = msgspec.json.Encoder().encode


class AccessLogEntry(msgspec.Struct):
    """One line of the log."""

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
    """Logs each request with its client, status and duration."""

    def __init__(self, settings: Settings) -> None:
        self._service = settings.service
        self._is_enabled = settings.log_level in {"debug", "info"}
        self._is_json = settings.log_format == "json"
        self._unanswered = 0
        self._logged_at = float("-inf")

    def write(
        self, context: RequestContext, method: str, route: str, status: int, seconds: float
    ) -> None:
        """Write the line for one request."""
        if not self._is_enabled:
            return
        line = AccessLogEntry(
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 2),
            correlation_id=context.correlation_text,
            request_id=context.request_id,
            client=context.caller.client if context.caller else "",
            service=self._service,
            timestamp=datetime.fromtimestamp(time.time(), UTC),
        )
        if self._is_json:
            sys.stderr.write(encode(line).decode() + "\n")
        else:
            log.info("http.answered", method=method, route=route, status=status, ms=line.ms)

    def count_unanswered(
        self, context: RequestContext, method: str, route: str, status: int
    ) -> None:
        """Count a request that got no answer, as its caller left or was cut off.

        A line is logged once a second at most, with the number of such requests since the last.
        """
        self._unanswered += 1
        now = time.monotonic()
        if now - self._logged_at < UNANSWERED_LOG_INTERVAL_S:
            return
        client = context.caller.client if context.caller else ""
        times, self._unanswered, self._logged_at = self._unanswered, 0, now
        log.info(
            "http.unanswered",
            method=method,
            route=route,
            status=status,
            client=client,
            times=times,
        )
