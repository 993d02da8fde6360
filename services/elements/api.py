"""The simulated elements over HTTP: the protocol that the package's docstring describes."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Raw
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from services.elements.bodies import Ordering, body_of, name_in_path, operation_in, read
from services.elements.domain import Answer, Operation, Refusal, decide, result_of
from services.elements.faults import Call, Drop, Error, Faults, Refuse, Reject, Strike
from services.elements.hangup import HangUp
from services.elements.journal import Answered, Journal, JournalError, Ordered
from services.elements.problems import (
    Problem,
    answer_nobody,
    answer_not_found,
    answer_problem,
    answer_unavailable,
    answer_wrong_method,
    problem_response,
)
from services.elements.store import Element, Network

_encode = msgspec.json.Encoder().encode


def make_api(network: Network, journal: Journal) -> Starlette:
    """Return the application over these elements."""
    operation = "/elements/{element}/operations/{operation_id}"
    api = Starlette(
        routes=[
            Route(operation, put_or_get_operation, methods=["PUT", "GET"]),
            Route("/elements/{element}/faults", faults, methods=["PUT", "GET", "DELETE"]),
            Route("/elements/{element}/active", active),
            Route("/elements/{element}/effects", effects),
            Route("/elements", names),
            Route("/health/live", health),
            Route("/health/ready", health),
        ],
        exception_handlers={
            Problem: answer_problem,
            JournalError: answer_unavailable,
            ClientDisconnect: answer_nobody,
            404: answer_not_found,
            405: answer_wrong_method,
        },
    )
    api.state.network = network
    api.state.journal = journal
    return api


async def put_or_get_operation(request: Request) -> Response:
    """Do an operation, or tell what became of it."""
    name = name_in_path(request, "element")
    operation_id = name_in_path(request, "operation_id")
    if request.method == "PUT":
        return await perform(request, name, operation_id)
    return await ask(request, name, operation_id)


async def perform(request: Request, name: str, operation_id: str) -> Response:
    """Do an operation once, however often it is asked for."""
    operation = operation_in(await body_of(request), name, operation_id)
    element = network_of(request).element(name)
    answered = element.answered(operation_id) is not None
    strike = element.faults.strike(
        Call("perform", operation.subject, operation.kind, answered=answered)
    )
    ordered = refusal_in(strike)
    journal = journal_of(request)
    return await under(strike, lambda: performed(element, do(element, operation, ordered, journal)))


async def ask(request: Request, name: str, operation_id: str) -> Response:
    """Tell what became of an operation."""
    element = network_of(request).look(name)
    answer = element.answered(operation_id)
    subject, kind = (answer.operation.subject, answer.operation.kind) if answer else (None, None)
    strike = element.faults.strike(Call("ask", subject, kind, answered=answer is not None))
    return await under(strike, lambda: told(element, answer))


async def under(strike: Strike, work: Callable[[], Response]) -> Response:
    """Return what a caller gets for this work when this befalls the call."""
    response = befallen(strike, work)
    if strike.delay_ms:
        await asyncio.sleep(strike.delay_ms / 1_000)
    return response


def befallen(strike: Strike, work: Callable[[], Response]) -> Response:
    """Do the work, unless a fault prevents it, and return what is left of its answer."""
    match strike.fault:
        case Reject():
            return HangUp()
        case Error():
            detail = "the element failed before it did anything, as ordered"
            return problem_response(Problem(500, "element-error", detail))
        case Drop(then=then):
            work()
            return HangUp(then)
        case _:
            return work()


def refusal_in(strike: Strike) -> Refusal | None:
    """Return the refusal that was ordered, if one strikes."""
    match strike.fault:
        case Refuse(code=code, detail=detail):
            return Refusal(code, detail)
        case _:
            return None


def do(element: Element, operation: Operation, ordered: Refusal | None, journal: Journal) -> Answer:
    """Return the element's answer, decided once and kept before anybody hears of it."""
    known = element.answered(operation.id)
    if known is None:
        answer = decide(element.name, operation, element.installed(operation), ordered)
        journal.append(Answered.of(element.name, answer))
        element.remember(answer)
        return answer
    if known.operation != operation:
        detail = "this operation id was used with another body"
        raise Problem(409, "operation-id-reused", detail, "give every operation an id of its own")
    return known


def performed(element: Element, answer: Answer) -> Response:
    """Answer who wanted an operation done."""
    if answer.refusal is None:
        return told(element, answer)
    problem = Problem(409, answer.refusal.code, answer.refusal.detail)
    return problem_response(problem, about(element, answer))


def told(element: Element, answer: Answer | None) -> Response:
    """Answer who asked what became of an operation."""
    if answer is None:
        detail = f"{element.name} never heard of this operation"
        return problem_response(
            Problem(404, "unknown-operation", detail, "send it again with the same id")
        )
    if answer.refusal is None:
        found = about(element, answer) | {"result": result_of(element.name, answer.operation)}
    else:
        found = about(element, answer) | {"refusal": answer.refusal}
    return json_response(found)


def about(element: Element, answer: Answer) -> dict[str, Any]:
    """Return what every answer says."""
    operation = answer.operation
    return {
        "operation_id": operation.id,
        "element": element.name,
        "kind": operation.kind,
        "subject": operation.subject,
        "outcome": "refused" if answer.refusal else "done",
    }


async def faults(request: Request) -> Response:
    """Order, show or clear the faults of an element."""
    name = name_in_path(request, "element")
    if request.method == "PUT":
        order(request, name, read(await body_of(request), Ordering))
    elif request.method == "DELETE":
        order(request, name, Ordering(()))
        return Response(status_code=204)
    return json_response(Ordering(network_of(request).look(name).faults.ordered()))


def order(request: Request, name: str, ordering: Ordering) -> None:
    """Replace the faults of an element."""
    journal_of(request).append(Ordered(name, ordering.faults))
    network_of(request).element(name).faults = Faults(ordering.faults)


async def active(request: Request) -> Response:
    """List what is configured on an element now."""
    element = network_of(request).look(name_in_path(request, "element"))
    found = [
        {
            "subject": made_by.subject,
            "kind": made_by.kind,
            "parameters": Raw(made_by.parameters),
            "operation_id": made_by.id,
        }
        for made_by in element.active()
    ]
    return json_response({"element": element.name, "active": found})


async def effects(request: Request) -> Response:
    """Count how often each operation changed what is configured on an element."""
    element = network_of(request).look(name_in_path(request, "element"))
    return json_response({"element": element.name, "effects": element.effects})


async def names(request: Request) -> Response:
    """List the elements that were told anything."""
    return json_response({"elements": network_of(request).names()})


async def health(_: Request) -> Response:
    """Tell that the simulator is there; it listens only once its journal is read."""
    return json_response({"status": "ok"})


def json_response(body: object) -> Response:
    """Answer with JSON."""
    return Response(_encode(body), media_type="application/json")


def network_of(request: Request) -> Network:
    """Return the elements."""
    found: Network = request.app.state.network
    return found


def journal_of(request: Request) -> Journal:
    """Return where answers are kept."""
    found: Journal = request.app.state.journal
    return found
