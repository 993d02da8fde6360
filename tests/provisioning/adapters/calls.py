"""Calls for tests of adapters, made once or until they end."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from shared.calls.adapter import Adapter
from shared.calls.calling import call_or_query
from shared.calls.outbound_call import (
    UNKNOWN_OUTCOME,
    CallOutcome,
    EndCall,
    OutboundCall,
    UnknownOutcomeError,
)
from shared.contracts import Characteristic
from tests.kernel import TENANT
from tests.provisioning.builders import ORDER_ID

TIMEOUT = timedelta(seconds=0.5)
CLOSING_S = 5
"""Less than any adapter keeps a connection open that it does not use."""

IN_BACKLOG = 1
"""The connection that fills a backlog."""

PATIENCE_S = 5
"""A call that takes longer has no time-out of its own."""


def a_call(
    kind: str = "create-account", element: str = "aaa", timeout: timedelta = TIMEOUT
) -> OutboundCall:
    """Return a call with an operation id that no element knows."""
    return OutboundCall(
        id=uuid4(),
        operation_id=uuid4(),
        order_id=ORDER_ID,
        tenant=TENANT,
        element=element,
        kind=kind,
        subject=str(uuid4()),
        parameters=(Characteristic(name="cvlan", value=117),),
        timeout=timeout,
    )


async def outcome_of(adapter: Adapter, call: OutboundCall) -> CallOutcome:
    """Perform an operation once, and return what the adapter says of it, in time."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await adapter.perform(call)
    except UnknownOutcomeError:
        return UNKNOWN_OUTCOME


async def found_out(adapter: Adapter, call: OutboundCall) -> CallOutcome:
    """Find out the unknown outcome of a call as the runner does, without its timers."""
    call = replace(call, doubtful=True)
    while not isinstance(decision := await call_or_query(adapter, call), EndCall):
        call = decision.call
    return decision.outcome
