"""Is the process alive, can it work, what is wrong with it, and what does it count."""

from functools import partial
from typing import Any, Literal, TypeAlias

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from shared.health.monitor import HealthReport, Monitor
from shared.health.trouble_view import EXAMPLE_OUTAGE, EXAMPLE_TROUBLE, TroubleView
from shared.observability import metrics


class ReadinessView(BaseModel):
    """Whether requests can be served, and what is wrong with the process and its service."""

    status: Literal["ready", "unready"]
    troubles: list[TroubleView]
    """Those that are `is_blocking` make it unready. A restored database does until what it has
    told is taken over; the others never do."""


ResponseDescriptions: TypeAlias = dict[int | str, dict[str, Any]]
"""What answers are like, by their status."""

METRICS_EXAMPLE = """\
# HELP kaitong_requests_now Requests being worked on.
# TYPE kaitong_requests_now gauge
kaitong_requests_now 0.0
"""


def readiness_body(report: HealthReport) -> dict[str, Any]:
    """Return the answer that tells how the process is."""
    shown = [TroubleView.of(each).model_dump(mode="json") for each in report.troubles]
    return {"status": "ready" if report.is_ready else "unready", "troubles": shown}


def example_content(value: object, media_type: str = "application/json") -> dict[str, Any]:
    """Return how an answer is described by an example."""
    return {"content": {media_type: {"example": value}}}


LIVE_RESPONSES: ResponseDescriptions = {200: example_content({"status": "live"})}
METRICS_RESPONSES: ResponseDescriptions = {200: example_content(METRICS_EXAMPLE, "text/plain")}
READY_RESPONSES: ResponseDescriptions = {
    200: example_content(readiness_body(HealthReport((EXAMPLE_TROUBLE,), None, None))),
    503: {
        "model": ReadinessView,
        "description": "The database is out, full, read-only, being compared or taken over.",
        **example_content(
            readiness_body(HealthReport((EXAMPLE_OUTAGE, EXAMPLE_TROUBLE), None, None))
        ),
    },
}


def add_health(api: FastAPI, monitor: Monitor) -> None:
    """Add `/health/live`, `/health/ready` and `/metrics`, which everybody may ask.

    `/livez`, `/healthz` and `/readyz` are the same under the names that many tools ask by.
    """

    async def ready() -> Response:
        """Tell whether requests can be served, and what is wrong.

        They cannot while the database is out, full or read-only, while it is compared with what
        was told, and while what a restored one has lost is taken over. Whatever else is wrong is
        named and does not matter for that: what cannot be done now waits in the database.
        """
        report = await monitor.report_for_probe()
        return JSONResponse(readiness_body(report), 200 if report.is_ready else 503)

    async def measured() -> Response:
        """Return what the process counts, and what is wrong with it, for Prometheus."""
        await monitor.report()
        return Response(metrics.exposition(), media_type=CONTENT_TYPE_LATEST)

    add = partial(api.add_api_route, tags=["health"])
    add("/health/live", live, responses=LIVE_RESPONSES)
    add("/health/ready", ready, response_model=ReadinessView, responses=READY_RESPONSES)
    for path, endpoint in (("/livez", live), ("/healthz", live), ("/readyz", ready)):
        add(path, endpoint, include_in_schema=False)
    add("/metrics", measured, response_class=PlainTextResponse, responses=METRICS_RESPONSES)


async def live() -> dict[str, str]:
    """Tell that the process answers."""
    return {"status": "live"}
