"""A level, such as the number of dead letters, is the same in each process of a service."""

import urllib.request
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from shared.config.settings import Settings
from shared.contracts import OrderAccepted
from shared.health.trouble_metrics import set_gauges
from shared.messaging.dispatcher import index_subscriptions, on
from shared.observability.metrics import REGISTRY
from shared.observability.troubles import Trouble, TroubleKind
from shared.persistence.database import Sessions
from tests.kernel import consume, until
from tests.shared.consuming import accepted_records, produce
from tests.shared.messaging.test_dead_letters import refuse
from tests.shared.order_log import ORDER, SUBSCRIPTIONS, accepted
from tests.shared.scripted_elements import an_outbound_call, request_calls
from tests.shared.service_process import running_process

LEVELS = (
    'kaitong_parked{why="rule-broken"} 1.0',
    "kaitong_attempts_in_doubt 1.0",
    'kaitong_trouble{kind="parked"} 1.0',
    'kaitong_trouble{kind="in_doubt"} 1.0',
)
TIMEOUT_S = 60.0
"""Seconds for the start of a process on a busy machine."""

PAST = datetime.now(UTC) - timedelta(hours=1)


pytestmark = pytest.mark.usefixtures("keys", "topics")


@pytest.mark.parametrize("process_type", ["api", "worker", "all"])
async def test_each_process_of_a_service_exposes_the_levels_of_the_service(
    sessions: Sessions, settings: Settings, process_type: str
) -> None:
    refusing = SUBSCRIPTIONS | index_subscriptions(on(OrderAccepted, refuse))
    consume(sessions, refusing, accepted(uuid4()), now=PAST)
    request_calls(sessions, an_outbound_call(doubtful=True), now=PAST)

    with running_process(settings, process_type=process_type) as running:
        await until(running.is_ready, TIMEOUT_S)
        exposed = metrics(running.port)

    assert [level for level in LEVELS if level not in exposed] == []


async def test_a_process_that_only_serves_requests_exposes_the_lag(
    sessions: Sessions, settings: Settings
) -> None:
    del sessions
    await produce(settings, accepted_records([ORDER]))

    with running_process(settings, process_type="api") as running:
        await until(running.is_ready, TIMEOUT_S)
        await until(lambda: 'kaitong_lag{topic="order"} 1.0' in metrics(running.port), TIMEOUT_S)


def metrics(port: int) -> str:
    """Return the metrics of a process."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return str(answer.read(), "utf-8")


def test_a_trouble_that_concerns_nothing_countable_is_counted_as_one() -> None:
    trouble = Trouble(kind=TroubleKind.RESTORED, count=0, says="restored", remedy="acknowledge")

    set_gauges([trouble], None, None)
    shown = REGISTRY.get_sample_value("kaitong_trouble", {"kind": TroubleKind.RESTORED})
    set_gauges([], None, None)

    assert shown == 1
    assert REGISTRY.get_sample_value("kaitong_trouble", {"kind": TroubleKind.RESTORED}) == 0
