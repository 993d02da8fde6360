"""Makes one call: performs the operation, or finds out what became of it.

An unknown outcome is queried; where the protocol is repeatable, the operation is repeated.
"""

import asyncio
from collections.abc import Callable

import structlog

from shared.calls.adapter import Adapter, PerformingAdapter, QueryableAdapter
from shared.calls.outbound_call import (
    UNKNOWN_OUTCOME,
    CallDecision,
    CallOutcome,
    CannotQueryError,
    EndCall,
    OutboundCall,
    UnknownOutcomeError,
    decide_after_call,
    decide_after_query,
    decide_after_repetition,
)
from shared.error_text import describe_error

log = structlog.get_logger()


async def call_or_query(adapter: Adapter, call: OutboundCall) -> CallDecision:
    """Make a call, or query its outcome if that is unknown; decide how to continue."""
    if not call.doubtful:
        return await _perform(adapter, call, decide_after_call)
    if adapter.repeatable:
        return await _perform(adapter, call, decide_after_repetition)
    return await _query_outcome(adapter, call)


def history_verb(adapter: Adapter, call: OutboundCall) -> str:
    """Return what is done to the element, as the history has it: `called` or `asked`."""
    return "asked" if call.doubtful and not adapter.repeatable else "called"


async def _perform(
    adapter: PerformingAdapter,
    call: OutboundCall,
    decide: Callable[[OutboundCall, CallOutcome], CallDecision],
) -> CallDecision:
    try:
        async with asyncio.timeout(call.timeout.total_seconds()):
            return decide(call, await adapter.perform(call))
    except (TimeoutError, UnknownOutcomeError):
        return decide(call, UNKNOWN_OUTCOME)
    except Exception as bug:  # noqa: BLE001  the call may have been done anyway
        return decide(call, _outcome_of_adapter_bug(call, bug))


async def _query_outcome(adapter: QueryableAdapter, call: OutboundCall) -> CallDecision:
    try:
        async with asyncio.timeout(call.timeout.total_seconds()):
            return decide_after_query(call, await adapter.query_outcome(call))
    except (TimeoutError, UnknownOutcomeError):
        return decide_after_query(call, UNKNOWN_OUTCOME)
    except CannotQueryError as error:
        return EndCall(call, UNKNOWN_OUTCOME._replace(code="cannot-ask", detail=str(error)))
    except Exception as bug:  # noqa: BLE001  the outcome is still unknown
        return decide_after_query(call, _outcome_of_adapter_bug(call, bug))


def _outcome_of_adapter_bug(call: OutboundCall, bug: Exception) -> CallOutcome:
    """Return the outcome after a bug in an adapter: unknown. In the end people decide."""
    log.error("adapter.bug", element=call.element, kind=call.kind, exc_info=bug)
    return UNKNOWN_OUTCOME._replace(code="adapter-bug", detail=describe_error(bug))
