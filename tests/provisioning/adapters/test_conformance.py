"""What every adapter of network elements must hold, whatever its protocol.

An adapter is complete when its `ProtocolCase` (conftest.py) passes here and in
test_conformance_connections.py.
"""

import asyncio
from datetime import timedelta

import pytest

from services.provisioning.adapters.registry import PROTOCOLS
from shared.calls.adapter import Adapter
from shared.calls.outbound_call import CallResult
from tests.kernel import until
from tests.provisioning.adapters.calls import (
    CLOSING_S,
    IN_BACKLOG,
    TIMEOUT,
    a_call,
    found_out,
    outcome_of,
)
from tests.provisioning.adapters.conftest import (
    CASES,
    ProtocolCase,
    connections_to,
    free_port,
    full_backlog,
)
from tests.provisioning.adapters.scripted_server import (
    FAILURE,
    HUGE_BYTES,
    REFUSAL,
    SECRET,
    Behaviour,
    ScriptedServer,
)

SLACK_S = 1.0
"""How much longer than its time-out a call may take on a busy machine."""

DONE_WITHOUT_ANSWER = [
    Behaviour.LOSE_ANSWER,
    Behaviour.HANG,
    Behaviour.ANSWER_MALFORMED,
    Behaviour.ANSWER_WITHOUT_END,
]


def test_every_protocol_is_tested_here() -> None:
    assert set(PROTOCOLS) <= {each.protocol for each in CASES}


async def test_an_operation_is_done(adapter: Adapter, server: ScriptedServer) -> None:
    call = a_call()

    assert (await outcome_of(adapter, call)).result is CallResult.DONE
    assert server.installed == {call.subject: call.kind}
    assert server.secrets == {SECRET}


async def test_a_refusal_carries_the_element_s_words(
    adapter: Adapter, server: ScriptedServer
) -> None:
    server.script = [Behaviour.REFUSE]

    assert await outcome_of(adapter, a_call()) == (CallResult.REFUSED, *REFUSAL)
    assert server.installed == {}


async def test_a_failure_without_effect_carries_the_element_s_words(
    adapter: Adapter, server: ScriptedServer
) -> None:
    server.script = [Behaviour.FAIL]

    assert await outcome_of(adapter, a_call()) == (CallResult.FAILED, *FAILURE)
    assert server.installed == {}


async def test_an_element_that_cannot_be_reached_has_done_nothing(case: ProtocolCase) -> None:
    adapter = case.adapter(free_port(), SECRET)

    outcome = await outcome_of(adapter, a_call())

    assert (outcome.result, outcome.code) == (CallResult.FAILED, "unreachable")
    await adapter.close()


async def test_a_repeated_operation_has_one_effect(
    adapter: Adapter, server: ScriptedServer
) -> None:
    call = a_call()

    outcomes = [await outcome_of(adapter, call) for _ in range(3)]

    assert {each.result for each in outcomes} == {CallResult.DONE}
    assert server.effects == {str(call.operation_id): 1}


@pytest.mark.parametrize("behaviour", [*DONE_WITHOUT_ANSWER, Behaviour.IGNORE])
async def test_a_call_without_a_readable_answer_has_an_unknown_outcome(
    adapter: Adapter, server: ScriptedServer, behaviour: Behaviour
) -> None:
    await outcome_of(adapter, a_call())  # the next one may use its connection
    server.script = [behaviour]

    assert (await outcome_of(adapter, a_call())).result is CallResult.UNDECIDED


@pytest.mark.parametrize("behaviour", [*DONE_WITHOUT_ANSWER, Behaviour.IGNORE])
async def test_an_unknown_outcome_is_found_out_and_nothing_is_done_twice(
    adapter: Adapter, server: ScriptedServer, behaviour: Behaviour
) -> None:
    call = a_call()
    server.script = [behaviour]
    await outcome_of(adapter, call)

    assert (await found_out(adapter, call)).result is CallResult.DONE
    assert server.effects == {str(call.operation_id): 1}
    is_repeated = adapter.repeatable or behaviour is Behaviour.IGNORE
    assert len(server.received) == (2 if is_repeated else 1)


async def test_an_answer_without_end_is_not_read_to_its_end(
    adapter: Adapter, server: ScriptedServer
) -> None:
    server.script = [Behaviour.ANSWER_WITHOUT_END]
    begun = asyncio.get_running_loop().time()

    outcome = await outcome_of(adapter, a_call(timeout=timedelta(seconds=5)))

    assert outcome.result is CallResult.UNDECIDED
    assert asyncio.get_running_loop().time() - begun < 4
    await until(lambda: connections_to(server.port) == 0, CLOSING_S)
    assert server.endless_bytes < HUGE_BYTES / 2


async def test_an_outcome_that_cannot_be_found_out_stays_unknown(case: ProtocolCase) -> None:
    adapter = case.adapter(free_port(), SECRET)

    assert (await found_out(adapter, a_call())).result is CallResult.UNDECIDED
    await adapter.close()


async def test_the_time_out_covers_the_wait_for_a_connection(case: ProtocolCase) -> None:
    with full_backlog() as port:
        adapter = case.adapter(port, SECRET)
        begun = asyncio.get_running_loop().time()

        outcome = await outcome_of(adapter, a_call())

        assert outcome.result in {CallResult.FAILED, CallResult.UNDECIDED}
        assert_timed_out(begun)
        await adapter.close()
        await until(lambda: connections_to(port) == IN_BACKLOG, CLOSING_S)


async def test_the_time_out_covers_the_wait_for_an_answer(
    adapter: Adapter, server: ScriptedServer
) -> None:
    server.script = [Behaviour.HANG]
    begun = asyncio.get_running_loop().time()

    await outcome_of(adapter, a_call())

    assert_timed_out(begun)


def assert_timed_out(begun: float) -> None:
    took_s = asyncio.get_running_loop().time() - begun
    assert 0.9 * TIMEOUT.total_seconds() < took_s < TIMEOUT.total_seconds() + SLACK_S


async def test_a_late_answer_is_not_taken_for_that_of_another_call(
    adapter: Adapter, server: ScriptedServer
) -> None:
    server.script = [Behaviour.ANSWER_LATE, Behaviour.REFUSE]

    late = await outcome_of(adapter, a_call(timeout=timedelta(seconds=0.1)))
    next_one = await outcome_of(adapter, a_call(timeout=timedelta(seconds=5)))

    assert (late.result, next_one.result) == (CallResult.UNDECIDED, CallResult.REFUSED)


async def test_calls_at_a_time_get_their_own_answers(
    adapter: Adapter, server: ScriptedServer
) -> None:
    server.script = [Behaviour.HANG, *[Behaviour.ANSWER] * 9, *[Behaviour.REFUSE] * 10]

    outcomes = await asyncio.gather(*(outcome_of(adapter, a_call()) for _ in range(20)))

    results = [each.result for each in outcomes]
    assert results.count(CallResult.UNDECIDED) == 1
    assert results.count(CallResult.REFUSED) == 10
    assert len(server.installed) == 10
