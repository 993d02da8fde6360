"""Kafka or a database stops, or is restored: all three reports name it alike."""

import httpx
import pytest

from deploy.local.stack_record import SERVICES
from services.console.status import TIMEOUT_S, StackStatus
from services.console.troubles import trouble_lines
from shared.observability.troubles import TroubleKind
from tests.chaos.database_restore import Backup
from tests.chaos.recoveries import NOTICE_TIMEOUT_S, acknowledge_recovery, wait_for_recovery
from tests.flows.order_items import fibre
from tests.flows.site import Site
from tests.flows.test_outages import frozen
from tests.flows.trouble_reports import (
    LONG_S,
    TroubleReports,
    all_report,
    status_of,
    trouble_reports,
)


def test_a_process_that_hangs_is_named_by_status_with_what_to_do(site: Site) -> None:
    with frozen(site, "customer"):
        status = status_of(site, TIMEOUT_S)
        with pytest.raises(httpx.TimeoutException):  # as Prometheus and probes see it
            site.http.get(f"{site.record.urls['customer']}/health/ready", timeout=1)

    (line,) = (
        each for each in trouble_lines(status.troubles) if each.startswith("customer: is stopped")
    )
    assert "`kill -CONT" in line


def without_kafka(site: Site) -> StackStatus | None:
    """Return the status, once all services have noticed that Kafka is out.

    One of them has messages to publish.
    """
    status = status_of(site)
    out = {each.service for each in status.troubles if each.trouble.kind is TroubleKind.BROKER_OUT}
    waiting = [each for each in status.troubles if each.trouble.kind is TroubleKind.UNSENT]
    return status if out == set(SERVICES) and waiting else None


def test_when_kafka_is_out_all_services_answer_and_kafka_is_named_once(site: Site) -> None:
    with frozen(site, "kafka"):
        order_id = site.accepted(site.order(fibre(site.exchange_area().served)))
        status = site.until(lambda: without_kafka(site), LONG_S)
        found = {name: trouble_reports(site, name, status) for name in SERVICES}

    for each in found.values():
        assert TroubleKind.BROKER_OUT in each.status & each.metrics & each.ready
        assert each.ready_status == 200
    assert (
        TroubleKind.UNSENT in found["order"].status & found["order"].metrics & found["order"].ready
    )
    assert not any("error" in state for state in status.services.values())
    (line,) = (each for each in trouble_lines(status.troubles) if is_about_kafka(each))
    assert line.startswith("kafka: is stopped by a signal")
    site.until(
        lambda: (
            not trouble_reports(site, "order").metrics
            & {TroubleKind.BROKER_OUT, TroubleKind.UNSENT}
        ),
        LONG_S,
    )
    assert site.fulfil(order_id)["state"] == "completed"


def is_about_kafka(line: str) -> bool:
    """Tell whether a line of status names Kafka itself as the trouble."""
    return line.startswith("kafka: ") or f"#{TroubleKind.BROKER_OUT}" in line


def test_a_restored_database_is_reported_by_all_three_until_a_person_acknowledges_it(
    site: Site,
) -> None:
    backup = Backup.take(site, "customer")
    backup.restore()
    site.completed(site.order(fibre(site.exchange_area().served)))

    lost_at = backup.swap_in()
    recovery = wait_for_recovery(site, "customer", lost_at, NOTICE_TIMEOUT_S)
    found = site.until(lambda: all_report(site, "customer", TroubleKind.RESTORED), LONG_S)
    (line,) = (
        each
        for each in trouble_lines(status_of(site).troubles)
        if f"#{TroubleKind.RESTORED}" in each
    )
    acknowledge_recovery(site, "customer", recovery["id"])
    after = site.until(lambda: without(site, "customer", TroubleKind.RESTORED), LONG_S)

    assert found.ready_status == 200
    assert line.startswith("customer: the database was restored")
    assert "/acknowledge" in line
    assert after.ready_status == 200


def without(site: Site, service: str, kind: TroubleKind) -> TroubleReports | None:
    """Return the three reports, if none of them names this kind."""
    found = trouble_reports(site, service)
    return None if kind in found.status | found.metrics | found.ready else found
