"""Adapters are made by the process that uses them, and closed when it ends."""

import json
import signal

import pytest

from shared.config.settings import Settings
from shared.persistence.database import Sessions
from tests.kernel import until
from tests.shared.runtime import calling_service
from tests.shared.scripted_elements import an_outbound_call, request_calls
from tests.shared.service_process import running_process

EVENTS = ("adapters.made", "call.begun", "call.cancelled", "adapters.closed")


@pytest.mark.usefixtures("keys", "topics")
async def test_a_process_makes_its_adapters_ends_its_calls_and_then_closes_the_adapters(
    settings: Settings, sessions: Sessions
) -> None:
    request_calls(sessions, an_outbound_call())
    with running_process(settings, calling_service.__name__) as running:
        await until(lambda: running.has_logged("call.begun"))

        assert running.end(signal.SIGTERM) == 0

    lines = [json.loads(line) for line in running.log.read_text().splitlines()]
    seen = [line for line in lines if line["event"] in EVENTS]
    assert tuple(line["event"] for line in seen) == EVENTS
    assert len({line["process_id"] for line in seen if "process_id" in line}) == 1
