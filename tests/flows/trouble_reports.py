"""Those who tell what is wrong with a running system: `status`, /metrics and /health/ready."""

import re
from dataclasses import dataclass

from services.console.client import Client, token_for
from services.console.status import StackStatus, read_status
from shared.observability.troubles import TroubleKind
from tests.flows.site import Site

TROUBLE_METRIC = re.compile(r'^kaitong_trouble\{kind="(\w+)"\} ([1-9].*)$', re.MULTILINE)

OF_PROCESSES = frozenset({TroubleKind.ENDED, TroubleKind.HANG})
"""What `status` can name beyond the others: its supervisor sees it of a process from outside."""

LONG_S = 60.0
"""Seconds for an answer: how soon each comes is the subject of other tests."""


@dataclass(frozen=True)
class TroubleReports:
    """The kinds of trouble of one service, as its three witnesses name them."""

    status: set[str]
    metrics: set[str]
    ready: set[str]
    ready_status: int

    @property
    def agree(self) -> bool:
        """Tell whether the three name the same, apart from what `status` alone can know."""
        return self.metrics == self.ready <= self.status <= self.ready | OF_PROCESSES


def status_of(site: Site, timeout_s: float = LONG_S) -> StackStatus:
    """Return what `kaitong status` knows, each service having so many seconds to answer."""
    client = Client(site.record.urls, token_for("viewer", at=site.home), timeout_s)
    try:
        return read_status(site.record, client)
    finally:
        client.http.close()


def trouble_reports(site: Site, service: str, status: StackStatus | None = None) -> TroubleReports:
    """Ask status, metrics and readiness of a service."""
    told = (status or status_of(site)).as_json()["troubles"]
    url = site.record.urls[service]
    ready = site.http.get(f"{url}/health/ready")
    return TroubleReports(
        {each["kind"] for each in told if each["service"] == service},
        {kind for kind, _ in TROUBLE_METRIC.findall(site.http.get(f"{url}/metrics").text)},
        {each["kind"] for each in ready.json()["troubles"]},
        ready.status_code,
    )


def all_report(site: Site, service: str, kind: TroubleKind) -> TroubleReports | None:
    """Return what the three name, if they agree, and this is among it."""
    found = trouble_reports(site, service)
    return found if found.agree and kind in found.ready else None
