"""The HTTP API of the simulated elements; the package's docstring describes the protocol."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Raw
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from services.elements.domain import Operation, OperationOutcome, Refusal, decide_outcome, result_of
from services.elements.faults import (
    CallFaults,
    DropAnswer,
    ElementCall,
    FailBeforeWork,
    FaultRules,
    Refuse,
    RejectConnection,
)
from services.elements.journal import FaultsEntry, Journal, JournalError, OutcomeEntry
from services.elements.no_response import NoResponse
from services.elements.problems import (
    Problem,
    answer_client_disconnect,
    answer_not_found,
    answer_problem,
    answer_unavailable,
    answer_wrong_method,
    problem_response,
)
from services.elements.schemas import FaultsBody, body_of, name_in_path, parse_body, parse_operation
from services.elements.store import Network, SimulatedElement

_encode = msgspec.json.Encoder().encode


def make_api(network: Network, journal: Journal) -> Starlette:
    """Return the application for these elements."""
    operation = "/elements/{element}/operations/{operation_id}"
    api = Starlette(
        routes=[
            Route(operation, put_or_get_operation, methods=["PUT", "GET"]),
            Route(
                "/elements/{element}/faults",
                put_get_or_delete_faults,
                methods=["PUT", "GET", "DELETE"],
            ),
            Route("/elements/{element}/active", list_configured_items),
            Route("/elements/{element}/effects", count_effects),
            Route("/elements", list_elements),
            Route("/health/live", health),
            Route("/health/ready", health),
        ],
        exception_handlers={
            Problem: answer_problem,
            JournalError: answer_unavailable,
            ClientDisconnect: answer_client_disconnect,
            404: answer_not_found,
            405: answer_wrong_method,
        },
    )
    api.state.network = network
    api.state.journal = journal
    return api


async def put_or_get_operation(request: Request) -> Response:
    """Perform an operation, or return its outcome."""
    name = name_in_path(request, "element")
    operation_id = name_in_path(request, "operation_id")
    if request.method == "PUT":
        return await perform_operation(request, name, operation_id)
    return await read_operation(request, name, operation_id)


async def perform_operation(request: Request, name: str, operation_id: str) -> Response:
    """Perform an operation once, also if the request is repeated."""
    operation = parse_operation(await body_of(request), name, operation_id)
    element = network_of(request).get_or_create(name)
    answered = element.outcome_of(operation_id) is not None
    injected = element.faults.take_for_call(
        ElementCall("perform", operation.subject, operation.kind, answered=answered)
    )
    fault_refusal = injected_refusal(injected)
    journal = journal_of(request)
    return await respond_under_injected_faults(
        injected,
        lambda: outcome_or_refusal_response(
            element, execute_once(element, operation, fault_refusal, journal)
        ),
    )


async def read_operation(request: Request, name: str, operation_id: str) -> Response:
    """Return the outcome of an operation."""
    element = network_of(request).get(name)
    outcome = element.outcome_of(operation_id)
    subject, kind = (outcome.operation.subject, outcome.operation.kind) if outcome else (None, None)
    injected = element.faults.take_for_call(
        ElementCall("ask", subject, kind, answered=outcome is not None)
    )
    return await respond_under_injected_faults(injected, lambda: outcome_response(element, outcome))


async def respond_under_injected_faults(
    injected: CallFaults, work: Callable[[], Response]
) -> Response:
    """Do the work under the faults injected into this call, wait out their delay; respond."""
    response = do_work_under_fault(injected, work)
    if injected.delay_ms:
        await asyncio.sleep(injected.delay_ms / 1_000)
    return response


def do_work_under_fault(injected: CallFaults, work: Callable[[], Response]) -> Response:
    """Do the work, unless a fault prevents it; return the response that the fault leaves."""
    match injected.fault:
        case RejectConnection():
            return NoResponse()
        case FailBeforeWork():
            detail = "the element failed before it did anything: an injected fault"
            return problem_response(Problem(500, "element-error", detail))
        case DropAnswer(then=then):
            work()
            return NoResponse(then)
        case _:
            return work()


def injected_refusal(injected: CallFaults) -> Refusal | None:
    """Return the refusal of an injected fault, if there is one."""
    match injected.fault:
        case Refuse(code=code, detail=detail):
            return Refusal(code, detail)
        case _:
            return None


def execute_once(
    element: SimulatedElement, operation: Operation, fault_refusal: Refusal | None, journal: Journal
) -> OperationOutcome:
    """Return the operation's outcome, decided once and journaled before the response is sent."""
    earlier = element.outcome_of(operation.id)
    if earlier is None:
        outcome = decide_outcome(
            element.name, operation, element.installing_operation_for(operation), fault_refusal
        )
        journal.append(OutcomeEntry.of(element.name, outcome))
        element.record_outcome(outcome)
        return outcome
    if earlier.operation != operation:
        detail = "this operation id was used with another body"
        raise Problem(409, "operation-id-reused", detail, "give every operation an id of its own")
    return earlier


def outcome_or_refusal_response(element: SimulatedElement, outcome: OperationOutcome) -> Response:
    """Return the response to a PUT of an operation."""
    if outcome.refusal is None:
        return outcome_response(element, outcome)
    problem = Problem(409, outcome.refusal.code, outcome.refusal.detail)
    return problem_response(problem, outcome_fields(element, outcome))


def outcome_response(element: SimulatedElement, outcome: OperationOutcome | None) -> Response:
    """Return the response to a GET of an operation."""
    if outcome is None:
        detail = f"{element.name} has no outcome of this operation"
        return problem_response(
            Problem(404, "unknown-operation", detail, "send it again with the same id")
        )
    if outcome.refusal is None:
        found = outcome_fields(element, outcome) | {
            "result": result_of(element.name, outcome.operation)
        }
    else:
        found = outcome_fields(element, outcome) | {"refusal": outcome.refusal}
    return json_response(found)


def outcome_fields(element: SimulatedElement, outcome: OperationOutcome) -> dict[str, Any]:
    """Return the fields that every response about an operation has."""
    operation = outcome.operation
    return {
        "operation_id": operation.id,
        "element": element.name,
        "kind": operation.kind,
        "subject": operation.subject,
        "outcome": "refused" if outcome.refusal else "done",
    }


async def put_get_or_delete_faults(request: Request) -> Response:
    """Set, show or clear the faults of an element."""
    name = name_in_path(request, "element")
    if request.method == "PUT":
        replace_faults(request, name, parse_body(await body_of(request), FaultsBody))
    elif request.method == "DELETE":
        replace_faults(request, name, FaultsBody(()))
        return Response(status_code=204)
    return json_response(FaultsBody(network_of(request).get(name).faults.configured()))


def replace_faults(request: Request, name: str, body: FaultsBody) -> None:
    """Replace the faults of an element."""
    journal_of(request).append(FaultsEntry(name, body.faults))
    network_of(request).get_or_create(name).faults = FaultRules(body.faults)


async def list_configured_items(request: Request) -> Response:
    """List what is configured on an element now."""
    element = network_of(request).get(name_in_path(request, "element"))
    found = [
        {
            "subject": operation.subject,
            "kind": operation.kind,
            "parameters": Raw(operation.parameters),
            "operation_id": operation.id,
        }
        for operation in element.active()
    ]
    return json_response({"element": element.name, "active": found})


async def count_effects(request: Request) -> Response:
    """Return how often each operation changed the configuration of an element."""
    element = network_of(request).get(name_in_path(request, "element"))
    return json_response({"element": element.name, "effects": element.effects})


async def list_elements(request: Request) -> Response:
    """List the elements that received an operation or a fault setting."""
    return json_response({"elements": network_of(request).names()})


async def health(_: Request) -> Response:
    """Report that the simulator runs; it listens only after its journal is read."""
    return json_response({"status": "ok"})


def json_response(body: object) -> Response:
    """Return a JSON response."""
    return Response(_encode(body), media_type="application/json")


def network_of(request: Request) -> Network:
    """Return the application's elements."""
    found: Network = request.app.state.network
    return found


def journal_of(request: Request) -> Journal:
    """Return the application's journal."""
    found: Journal = request.app.state.journal
    return found
