"""The three reports of troubles of a running system: `status`, /metrics and /health/ready."""

import re
from dataclasses import dataclass

from services.console.client import Client, token_for
from services.console.status import StackStatus, read_status
from shared.observability.troubles import TroubleKind
from tests.flows.site import Site

TROUBLE_METRIC = re.compile(r'^kaitong_trouble\{kind="(\w+)"\} ([1-9].*)$', re.MULTILINE)

OF_PROCESSES = frozenset({TroubleKind.ENDED, TroubleKind.HANG})
"""Kinds that only `status` can report: the supervisor observes processes from outside."""

LONG_S = 60.0
"""Seconds for an answer; other tests check how soon it comes."""


@dataclass(frozen=True)
class TroubleReports:
    """The kinds of trouble of one service in each of the three reports."""

    status: set[str]
    metrics: set[str]
    ready: set[str]
    ready_status: int

    @property
    def agree(self) -> bool:
        """Tell whether the three are equal, apart from kinds that only `status` can report."""
        return self.metrics == self.ready <= self.status <= self.ready | OF_PROCESSES


def status_of(site: Site, timeout_s: float = LONG_S) -> StackStatus:
    """Return the result of `kaitong status`, with a timeout for each service."""
    client = Client(site.record.urls, token_for("viewer", at=site.home), timeout_s)
    try:
        return read_status(site.record, client)
    finally:
        client.http.close()


def trouble_reports(site: Site, service: str, status: StackStatus | None = None) -> TroubleReports:
    """Query status, metrics and readiness of a service."""
    troubles = (status or status_of(site)).as_json()["troubles"]
    url = site.record.urls[service]
    ready = site.http.get(f"{url}/health/ready")
    return TroubleReports(
        {each["kind"] for each in troubles if each["service"] == service},
        {kind for kind, _ in TROUBLE_METRIC.findall(site.http.get(f"{url}/metrics").text)},
        {each["kind"] for each in ready.json()["troubles"]},
        ready.status_code,
    )


def all_report(site: Site, service: str, kind: TroubleKind) -> TroubleReports | None:
    """Return the three reports, if they agree and name this kind."""
    found = trouble_reports(site, service)
    return found if found.agree and kind in found.ready else None
