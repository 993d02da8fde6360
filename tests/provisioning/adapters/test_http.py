"""The HTTP adapter and the simulator understand each other; test_conformance.py has the rest."""

import socket
from asyncio import StreamReader, StreamWriter, start_server
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from services.provisioning.adapters.http import (
    HttpAdapter,
    outcome_of_call,
    outcome_of_query,
    parse_response_body,
)
from services.provisioning.settings import HttpElementSettings
from shared.calls.outbound_call import (
    CallResult,
    CannotQueryError,
    UnknownOutcomeError,
)
from tests.provisioning.adapters.calls import a_call
from tests.provisioning.adapters.conftest import http_adapter
from tests.provisioning.adapters.http_server import HttpServer
from tests.provisioning.adapters.scripted_server import SECRET
from tests.provisioning.conftest import SimulatedNetwork

pytestmark = pytest.mark.usefixtures("network")


def an_http_adapter(url: str) -> HttpAdapter:
    """Return an adapter to elements at this address."""
    return HttpAdapter(HttpElementSettings.read({"KAITONG_ELEMENTS_URL": url}))


@pytest.fixture
async def adapter(network: SimulatedNetwork) -> AsyncIterator[HttpAdapter]:
    """An adapter to the simulator."""
    adapter = an_http_adapter(network.url)
    yield adapter
    await adapter.close()


async def test_an_operation_is_done_once_however_often_it_is_called(
    adapter: HttpAdapter, network: SimulatedNetwork
) -> None:
    call = a_call()

    outcomes = [await adapter.perform(call) for _ in range(3)]

    assert {each.result for each in outcomes} == {CallResult.DONE}
    assert (await network.effects("aaa"))[str(call.operation_id)] == 1
    assert (await network.active("aaa"))[call.subject] == "create-account"


async def test_a_refusal_carries_what_the_element_said(adapter: HttpAdapter) -> None:
    call = a_call("delete-account")

    outcome = await adapter.perform(call)

    assert (outcome.result, outcome.code) == (CallResult.REFUSED, "account-missing")
    assert outcome.detail
    assert await adapter.query_outcome(call) == outcome


async def test_a_wrong_call_is_a_refusal_too(adapter: HttpAdapter) -> None:
    outcome = await adapter.perform(a_call("make-tea"))

    assert (outcome.result, outcome.code) == (CallResult.REFUSED, "invalid")


async def test_an_error_of_the_element_passes(
    adapter: HttpAdapter, network: SimulatedNetwork
) -> None:
    await network.set_faults("aaa", {"fault": "error"})

    outcome = await adapter.perform(a_call())

    assert (outcome.result, outcome.code) == (CallResult.FAILED, "element-error")


async def test_an_element_that_cannot_be_reached_has_done_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed_server:
        port = closed_server.getsockname()[1]
    adapter = an_http_adapter(f"http://127.0.0.1:{port}")

    outcome = await adapter.perform(a_call())
    with pytest.raises(UnknownOutcomeError):
        await adapter.query_outcome(a_call())

    assert (outcome.result, outcome.code) == (CallResult.FAILED, "unreachable")
    await adapter.close()


@pytest.mark.parametrize("then", ["close", "silence"])
async def test_a_lost_answer_is_unknown_until_the_element_is_queried(
    adapter: HttpAdapter, network: SimulatedNetwork, then: str
) -> None:
    call = a_call()
    await adapter.perform(a_call())  # so that the next call reuses its connection
    await network.set_faults("aaa", {"fault": "drop", "then": then, "times": 1})

    with pytest.raises(UnknownOutcomeError):
        await adapter.perform(call)

    outcome = await adapter.query_outcome(call)
    assert outcome
    assert outcome.result is CallResult.DONE


async def test_an_answer_that_comes_too_late_is_unknown(
    adapter: HttpAdapter, network: SimulatedNetwork
) -> None:
    await network.set_faults("aaa", {"fault": "slow", "delay_ms": 2000, "times": 1})

    with pytest.raises(UnknownOutcomeError):
        await adapter.perform(replace(a_call(), timeout=timedelta(seconds=0.1)))


async def test_an_element_says_when_it_does_not_know_an_operation(adapter: HttpAdapter) -> None:
    assert await adapter.query_outcome(a_call()) is None


async def test_without_an_address_nothing_is_called() -> None:
    outcome = await an_http_adapter("").perform(a_call())

    assert (outcome.result, outcome.code) == (CallResult.FAILED, "no-address")


@pytest.mark.parametrize("status", [200, 202, 301, 502, 504])
def test_the_outcome_of_a_call_is_unknown_when_the_answer_does_not_say(status: int) -> None:
    assert outcome_of_call(status, parse_response_body(b"<html>")).result is CallResult.UNDECIDED


def test_an_element_that_does_not_understand_the_query_cannot_be_queried() -> None:
    with pytest.raises(CannotQueryError):
        outcome_of_query(404, parse_response_body(b'{"code": "not-found"}'))
    with pytest.raises(UnknownOutcomeError):
        outcome_of_query(502, parse_response_body(b"<html>"))


async def test_a_redirection_to_another_server_does_not_carry_the_token() -> None:
    other = HttpServer()
    await other.start()

    async def redirect(reader: StreamReader, writer: StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        location = f"http://127.0.0.1:{other.port}/elements/aaa/operations/1"
        writer.write(f"HTTP/1.1 307 X\r\nLocation: {location}\r\n\r\n".encode())
        writer.close()

    async with await start_server(redirect, "127.0.0.1", 0) as server:
        adapter = http_adapter(server.sockets[0].getsockname()[1], SECRET)
        outcome = await adapter.perform(a_call())
        await adapter.close()
    await other.stop()

    assert (outcome.result, outcome.code) == (CallResult.REFUSED, "unauthorized")
    assert other.secrets == {""}
