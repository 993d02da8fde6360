"""A small API behind the real HTTP layer, and clients for it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Query, Response
from fastapi.responses import StreamingResponse
from httpx import ASGITransport, AsyncClient
from httpx import Response as HttpResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

from shared.config.settings import Settings
from shared.errors import ConflictError, Fault, InvalidError, UnavailableError
from shared.health.monitor import Monitor
from shared.http import (
    CausationDep,
    FieldsDep,
    PageDep,
    ReadSessionDep,
    Router,
    create_app,
    list_response,
    paginate,
    view_response,
)
from shared.http.authorization import allow
from shared.http.command_batcher import CommandBatcher
from shared.messaging.writer import Writer
from shared.persistence.database import Sessions
from shared.security.caller import Caller
from shared.security.development_keys import ensure_development_keys, make_token

NOW = datetime.now(UTC)
"""The time in tokens: the library that verifies them reads the real clock."""

NOWHERE = "postgresql+psycopg://nobody:nothing@127.0.0.1:1/none"
"""A database that cannot be reached."""

LARGE_BODY_BYTES = 50_000_000

WriteAccess = Annotated[Caller, allow("crm:order.write")]
ReadAccess = Annotated[Caller, allow("crm:order.read", "viewer:read")]


class ThingPart(BaseModel):
    """A part of a thing."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1, max_length=20)
    value: str | int | bool


class Thing(BaseModel):
    """The request body of the small API."""

    name: str = Field(min_length=1, max_length=50)
    amount: int = Field(ge=0, le=1_000_000)
    parts: list[ThingPart] = []
    free: Any = None


class ThingView(BaseModel):
    """The response body of the small API."""

    id: str
    name: str
    amount: int


router = Router(tags=["things"])


@router.post("/things", status_code=201)
async def make_thing(thing: Thing, cause: CausationDep, _: WriteAccess) -> ThingView:
    """Create a thing."""
    return ThingView(id=str(cause.id), name=thing.name, amount=thing.amount)


@router.get("/things", response_model=list[ThingView])
def list_things(
    _: ReadAccess,
    page: PageDep,
    fields: FieldsDep,
    response: Response,
    total: Annotated[int | None, Query(ge=0)] = None,
) -> Response:
    """List 30 things."""
    all_ = [ThingView(id=str(n), name=f"thing {n}", amount=n) for n in range(30)]
    found = all_[page.offset : page.offset + page.fetch_limit]
    shown = paginate(response, page, found, total, keys=lambda each: (each.id,))
    return list_response(shown, fields, response)


@router.get("/things/{thing_id}", response_model=ThingView)
async def read_thing(thing_id: UUID, _: ReadAccess, fields: FieldsDep) -> Response:
    """Show a thing."""
    return view_response(ThingView(id=str(thing_id), name="thing", amount=1), fields)


@router.get("/numbers/{number}")
async def read_number(number: str, _: ReadAccess, text: str = "") -> dict[str, str]:
    """Return the parameters."""
    return {"number": number, "text": text}


@router.get("/rows")
def read_rows(_: ReadAccess, session: ReadSessionDep) -> str:
    """Read from the database."""
    return str(session.execute(text("SHOW transaction_read_only")).scalar_one())


@router.get("/stored")
def store_text(_: ReadAccess, session: ReadSessionDep, number: int = 1) -> int:
    """Pass a number to the database."""
    return int(session.execute(text("SELECT CAST(:n AS int)"), {"n": number}).scalar_one())


@router.get("/written")
def write_row(_: ReadAccess, session: ReadSessionDep) -> None:
    """Try to write in a read session."""
    session.execute(text("CREATE TABLE written (id int)"))


@router.get("/caller")
async def read_caller(caller: ReadAccess, cause: CausationDep) -> dict[str, str]:
    """Return the caller and the causation."""
    return {
        "client": caller.client,
        "tenant": cause.tenant,
        "cause": str(cause.id),
        "correlation": str(cause.correlation_id),
        "traceparent": cause.traceparent,
    }


@router.get("/large")
async def read_much(_: ReadAccess) -> Response:
    """Answer with more than fits into a socket's buffers."""
    return Response(bytes(LARGE_BODY_BYTES))


@router.get("/streamed")
async def stream_much(_: ReadAccess) -> StreamingResponse:
    """Answer with the same amount, in chunks."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(LARGE_BODY_BYTES // 1_000_000):
            yield bytes(1_000_000)

    return StreamingResponse(chunks())


@router.get("/bug")
async def raise_bug(_: ReadAccess) -> None:
    """Raise an unexpected exception."""
    message = "the customer 13812345678 does not fit"
    raise RuntimeError(message)


@router.get("/refused/{why}")
async def refuse(why: str, _: ReadAccess) -> None:
    """Raise one of the kernel's errors."""
    fault = Fault("/name", "taken", "is taken", "choose another")
    raise {
        "conflict": ConflictError("It is done already.", code="done", remedy="leave it"),
        "invalid": InvalidError([fault]),
        "busy": UnavailableError("Busy.", retry_after=timedelta(seconds=7)),
    }[why]


def settings_for(folder: Path, url: str = NOWHERE, **environment: str) -> Settings:
    """Return settings with development keys in `folder`."""
    ensure_development_keys(folder / "keys", NOW)
    values = {
        "KAITONG_DATABASE_ORDER": url,
        "KAITONG_HOME": str(folder),
        "KAITONG_HTTP_PORT": "0",
        **environment,
    }
    return Settings.from_environment("order", values)


def an_api(
    settings: Settings,
    sessions: Sessions | None = None,
    monitor: Monitor | None = None,
    routers: Sequence[Router] = (),
) -> FastAPI:
    """Return the small API, or one with other routes."""
    sessions = sessions or sessionmaker(create_engine(settings.database_url))
    batcher = CommandBatcher(sessions, Writer(sessions))
    return create_app("things", routers or [router], batcher, sessions, settings, monitor)


def bearer(settings: Settings, role: str = "crm", **more: Any) -> dict[str, str]:
    """Return the header with a token for a role."""
    token = make_token(settings.auth_keys, role, now=NOW, **more)
    return {"Authorization": f"Bearer {token}"}


@asynccontextmanager
async def api_client(api: FastAPI, headers: dict[str, str]) -> AsyncIterator[AsyncClient]:
    """A client that calls an API without a socket."""
    transport = ASGITransport(api)
    async with AsyncClient(transport=transport, base_url="http://api", headers=headers) as client:
        yield client


def problem_of(answer: HttpResponse, status: int, code: str) -> dict[str, Any]:
    """Return the problem in an answer, after a check of its form."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"/problems/{code}"
    assert (body["status"], body["code"]) == (status, code)
    assert body["title"]
    assert body["request_id"] == answer.headers["x-request-id"]
    return body


def faults_by_field(answer: HttpResponse, code: str = "invalid") -> dict[str, str]:
    """Return the code of each fault by its field."""
    errors = problem_of(answer, 400, code)["errors"]
    assert all(each["message"] and each["remedy"] for each in errors)
    return {each["field"]: each["code"] for each in errors}
