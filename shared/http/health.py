"""Health endpoints: liveness, readiness with troubles, and metrics."""

from functools import partial
from typing import Any, Literal

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from shared.health.monitor import HealthReport, Monitor
from shared.health.trouble_view import EXAMPLE_OUTAGE, EXAMPLE_TROUBLE, TroubleView
from shared.http.openapi_error_responses import ResponseDescriptions
from shared.http.views import BaseView
from shared.observability import metrics


class ReadinessView(BaseView):
    """Whether requests can be served, and the troubles of the process and its service."""

    status: Literal["ready", "unready"]
    troubles: list[TroubleView]
    """Those that are `is_blocking` make it unready. A restored database does until its published
    messages are taken over; the others never do."""


METRICS_EXAMPLE = """\
# HELP kaitong_http_requests_in_progress Requests in progress.
# TYPE kaitong_http_requests_in_progress gauge
kaitong_http_requests_in_progress 0.0
"""


def readiness_body(report: HealthReport) -> dict[str, Any]:
    """Return the body of the readiness answer."""
    shown = [TroubleView.of(each).model_dump(mode="json") for each in report.troubles]
    return {"status": "ready" if report.is_ready else "unready", "troubles": shown}


def example_content(value: object, media_type: str = "application/json") -> dict[str, Any]:
    """Return the description of an answer by an example."""
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
    """Add `/health/live`, `/health/ready` and `/metrics`, which need no token.

    `/livez`, `/healthz` and `/readyz` are aliases that many tools use.
    """

    async def ready() -> Response:
        """Tell whether requests can be served, and list the troubles.

        They cannot while the database is out, full or read-only, while it is compared with the
        published messages, and while a takeover restores what it lost. All other troubles are
        listed but do not make the process unready: work that cannot be done waits in the database.
        """
        report = await monitor.report_for_probe()
        return JSONResponse(readiness_body(report), 200 if report.is_ready else 503)

    async def read_metrics() -> Response:
        """Return the metrics and troubles of the process, for Prometheus."""
        await monitor.report()
        return Response(metrics.exposition(), media_type=CONTENT_TYPE_LATEST)

    add = partial(api.add_api_route, tags=["health"])
    add("/health/live", live, responses=LIVE_RESPONSES)
    add("/health/ready", ready, response_model=ReadinessView, responses=READY_RESPONSES)
    for path, endpoint in (("/livez", live), ("/healthz", live), ("/readyz", ready)):
        add(path, endpoint, include_in_schema=False)
    add("/metrics", read_metrics, response_class=PlainTextResponse, responses=METRICS_RESPONSES)


async def live() -> dict[str, str]:
    """Answer, to show that the process is alive."""
    return {"status": "live"}
