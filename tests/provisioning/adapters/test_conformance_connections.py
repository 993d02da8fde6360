"""What every adapter must hold of connections, secrets and certificates, whatever its protocol."""

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta
from traceback import format_exception

import pytest

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
    Certificate,
    ProtocolCase,
    connections_to,
    free_port,
    full_backlog,
    tls_server,
)
from tests.provisioning.adapters.scripted_server import SECRET, Behaviour, ScriptedServer

TLS_CASES = [each for each in CASES if each.tls_adapter]


async def test_a_cancelled_call_leaves_no_connection(
    adapter: Adapter, server: ScriptedServer
) -> None:
    server.script = [Behaviour.HANG]
    call = asyncio.create_task(adapter.perform(a_call(timeout=timedelta(minutes=1))))
    await until(lambda: bool(server.received))

    call.cancel()
    await asyncio.wait({call})

    assert call.cancelled()
    await until(lambda: connections_to(server.port) == 0, CLOSING_S)


async def test_a_call_that_is_cancelled_before_it_is_connected_leaves_no_connection(
    case: ProtocolCase,
) -> None:
    with full_backlog() as port:
        adapter = case.adapter(port, SECRET)
        call = asyncio.create_task(adapter.perform(a_call(timeout=timedelta(minutes=1))))
        await until(lambda: connections_to(port) > IN_BACKLOG)

        call.cancel()
        await asyncio.wait({call})

        await until(lambda: connections_to(port) == IN_BACKLOG, CLOSING_S)
        await adapter.close()


def test_an_adapter_is_made_without_an_event_loop(case: ProtocolCase) -> None:
    case.adapter(free_port(), SECRET)


async def test_an_adapter_connects_when_it_is_called_and_not_before(
    case: ProtocolCase, server: ScriptedServer
) -> None:
    adapter = case.adapter(server.port, SECRET)
    await asyncio.sleep(0.05)
    assert connections_to(server.port) == 0

    assert (await outcome_of(adapter, a_call())).result is CallResult.DONE
    await adapter.close()


async def test_a_closed_adapter_has_no_connection(
    case: ProtocolCase, server: ScriptedServer
) -> None:
    used, unused = (case.adapter(server.port, SECRET) for _ in range(2))
    await outcome_of(used, a_call())

    for adapter in (used, unused):
        await adapter.close()

    await until(lambda: connections_to(server.port) == 0, CLOSING_S)


async def test_the_secret_is_in_no_log_and_no_error(
    case: ProtocolCase,
    server: ScriptedServer,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []
    wrong = f"not-{SECRET}"
    for port, secret in ((server.port, SECRET), (server.port, wrong), (free_port(), SECRET)):
        adapter = case.adapter(port, secret)
        shown.append(repr(adapter))
        server.script = list(Behaviour)
        for _ in Behaviour:
            call = a_call(timeout=timedelta(seconds=0.1))
            try:
                shown.append(repr(await adapter.perform(call)))
            except Exception as error:  # noqa: BLE001  whatever it is, it is shown somewhere
                shown.extend(format_exception(error))
        server.script = list(Behaviour)
        shown.append(repr(await found_out(adapter, replace(a_call(), timeout=TIMEOUT / 5))))
        await adapter.close()

    output = capfd.readouterr()
    assert server.secrets == {SECRET, wrong}
    assert SECRET not in "".join([*shown, caplog.text, output.out, output.err])


async def test_a_wrong_secret_has_no_effect(case: ProtocolCase, server: ScriptedServer) -> None:
    adapter = case.adapter(server.port, "wrong")

    outcome = await outcome_of(adapter, a_call())

    assert outcome.result in {CallResult.FAILED, CallResult.REFUSED}
    assert server.installed == {}
    await adapter.close()


@pytest.mark.parametrize("case", TLS_CASES, ids=[each.protocol for each in TLS_CASES])
async def test_with_tls_the_element_s_certificate_is_checked(
    case: ProtocolCase, certificate: Certificate, other_certificate: Certificate
) -> None:
    assert case.tls_adapter
    async with tls_server(case, certificate.context) as server:
        trusting = case.tls_adapter(server.port, certificate.ca)
        distrusting = case.tls_adapter(server.port, other_certificate.ca)

        refused = await outcome_of(distrusting, a_call())
        received = list(server.received)
        done = await outcome_of(trusting, a_call())
        for adapter in (trusting, distrusting):
            await adapter.close()

    assert (refused.result, refused.code) == (CallResult.FAILED, "unreachable")
    assert received == []
    assert done.result is CallResult.DONE
