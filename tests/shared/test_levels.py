"""A level, such as how much is parked, is the service's: each of its processes tells the same."""

import urllib.request
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from shared.config.settings import Settings
from shared.contracts import OrderAccepted
from shared.health.trouble_metrics import set_gauges
from shared.messaging.dispatcher import on, subscribe
from shared.observability.metrics import REGISTRY
from shared.observability.troubles import Trouble, TroubleKind
from shared.persistence.database import Sessions
from tests.kernel import consume, until
from tests.shared.consuming import accepted_records, produce
from tests.shared.order_log import ORDER, SUBSCRIPTIONS, accepted
from tests.shared.scripted_elements import an_outbound_call, request_calls
from tests.shared.service_process import running_process
from tests.shared.test_parking import refuse

LEVELS = (
    'kaitong_parked{why="rule-broken"} 1.0',
    "kaitong_attempts_in_doubt 1.0",
    'kaitong_trouble{kind="parked"} 1.0',
    'kaitong_trouble{kind="in_doubt"} 1.0',
)
TIMEOUT_S = 60.0
"""Seconds in which a process starts, however busy the machine is."""

PAST = datetime.now(UTC) - timedelta(hours=1)


pytestmark = pytest.mark.usefixtures("keys", "topics")


@pytest.mark.parametrize("part", ["api", "worker", "all"])
async def test_each_process_of_a_service_tells_the_levels_of_the_service(
    sessions: Sessions, settings: Settings, part: str
) -> None:
    refusing = SUBSCRIPTIONS | subscribe(on(OrderAccepted, refuse))
    consume(sessions, refusing, accepted(uuid4()), now=PAST)
    request_calls(sessions, an_outbound_call(doubtful=True), now=PAST)

    with running_process(settings, part=part) as running:
        await until(running.answers, TIMEOUT_S)
        told = metrics(running.port)

    assert [level for level in LEVELS if level not in told] == []


async def test_a_process_that_only_serves_requests_tells_what_no_worker_has_read(
    sessions: Sessions, settings: Settings
) -> None:
    del sessions
    await produce(settings, accepted_records([ORDER]))

    with running_process(settings, part="api") as running:
        await until(running.answers, TIMEOUT_S)
        await until(lambda: 'kaitong_lag{topic="order"} 1.0' in metrics(running.port), TIMEOUT_S)


def metrics(port: int) -> str:
    """Return what a process counts."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return str(answer.read(), "utf-8")


def test_a_trouble_that_concerns_nothing_countable_is_counted_as_one() -> None:
    trouble = Trouble(kind=TroubleKind.RESTORED, count=0, says="set back", remedy="acknowledge")

    set_gauges([trouble], None, None)
    shown = REGISTRY.get_sample_value("kaitong_trouble", {"kind": TroubleKind.RESTORED})
    set_gauges([], None, None)

    assert shown == 1
    assert REGISTRY.get_sample_value("kaitong_trouble", {"kind": TroubleKind.RESTORED}) == 0
