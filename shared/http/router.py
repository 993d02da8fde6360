"""What every service declares its routes on."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from shared.http.arguments import lean
from shared.http.authorization import Allow, allows_of
from shared.http.body import JsonRequest
from shared.http.header import headers_of
from shared.http.paths import restore_slashes
from shared.http.query import Names, check_query, names_in
from shared.http.refusals import EVERYWHERE, UNDESCRIBED, Responses, refusals

REFUSALS: Responses = {**refusals(*EVERYWHERE), UNDESCRIBED: {"description": "A refusal."}}
SECURED: dict[str, Any] = {"security": [{"token": []}]}

Answer = Callable[[Request], Awaitable[Response]]
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class GuardedRoute(APIRoute):
    """A route that asks first who calls, then reads what it sends by our rules, then answers."""

    allows: tuple[Allow, ...] = ()
    """Who may call, as the endpoint's parameters say."""

    needs_proof = True
    """Whether it waits until the database is known to have all that it has told."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:  # noqa: ANN401
        self.allows = allows_of(endpoint)
        scopes = {"x-scopes": sorted({name for each in self.allows for name in each.scopes})}
        headers = [each.described() for each in headers_of(endpoint)]
        parameters = {"parameters": headers} if headers else {}
        extra = {**SECURED, **scopes, **parameters, **(more.pop("openapi_extra", None) or {})}
        super().__init__(path, lean(endpoint), openapi_extra=extra, **more)
        if "{" in path:
            self.responses = {**refusals(404), **self.responses}
        if self.body_field is not None or "requestBody" in extra:
            self.responses = {**refusals(415), **self.responses}

    def get_route_handler(self) -> Handler:
        """Return what answers a request."""
        answer = super().get_route_handler()
        names = names_in(self.dependant)
        reads = self.body_field is not None
        return guarded(answer, self.allows, names, reads=reads, needs_proof=self.needs_proof)


class PromptRoute(GuardedRoute):
    """A route that answers whatever database is there."""

    needs_proof = False


def guarded(
    answer: Answer, allows: tuple[Allow, ...], names: Names, *, reads: bool, needs_proof: bool
) -> Handler:
    """Return `answer`, behind the questions who calls, of which database, and what it sends."""

    async def careful(request: Request) -> Response:
        for each in allows:
            each.check(request)
        if needs_proof:
            await request.app.state.desk.admit()
        restore_slashes(request.scope)
        if request.scope["query_string"]:
            check_query(request.scope["query_string"], request.query_params, names)
        if reads:
            request = JsonRequest(request.scope, request.receive)
            await request.json()
        return await answer(request)

    return careful


class Router(APIRouter):
    """FastAPI's router, with our routes."""

    def __init__(self, *, needs_proof: bool = True, **more: Any) -> None:  # noqa: ANN401  handed on
        """Make one.

        Args:
            needs_proof: False for what must be seen while a database is being recovered.
            more: handed on to FastAPI.
        """
        route = GuardedRoute if needs_proof else PromptRoute
        super().__init__(route_class=route, responses=REFUSALS, **more)
