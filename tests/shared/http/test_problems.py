"""Problem answers: status, code, faults and remedy."""

import json
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

import pytest
from httpx import AsyncClient
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from shared.config.settings import Settings
from shared.health.monitor import Monitor
from shared.http.validation_faults import faults_of
from shared.kafka.producer import Producer
from shared.messaging.publisher import Publisher
from shared.messaging.writer import Writer
from shared.operations.routes import OPERATIONS_ROUTERS, OperationsContext, set_operations_context
from shared.persistence.database import Sessions
from tests.shared.http.small_api import (
    NOWHERE,
    an_api,
    api_client,
    bearer,
    faults_by_field,
    problem_of,
    settings_for,
)

THING = {"name": "a thing", "amount": 3, "parts": [{"id": "1", "value": True}]}


async def test_a_good_request_is_answered(client: AsyncClient) -> None:
    answer = await client.post("/things", json=THING)

    assert answer.status_code == 201
    assert UUID(answer.json()["id"]).version == 7
    assert answer.headers["cache-control"] == "no-store"
    assert "server" not in answer.headers


async def test_every_fault_of_a_body_is_named_at_once_by_pointer_code_and_remedy(
    client: AsyncClient,
) -> None:
    body = {"amount": -1, "parts": [{"id": "", "value": None}, {"id": "2", "value": 1, "x/y": 1}]}

    answer = await client.post("/things", json=body)

    assert faults_by_field(answer) == {
        "/name": "missing",
        "/amount": "greater-than-equal",
        "/parts/0/id": "string-too-short",
        "/parts/0/value": "string-type",
        "/parts/1/x~1y": "extra-forbidden",
    }


async def test_what_was_sent_is_never_repeated(client: AsyncClient) -> None:
    secret = "13812345678"  # noqa: S105  a number that must not come back
    body = {"name": secret * 10, "amount": secret, "parts": [{"id": [secret], "value": {}}]}

    for answer in (
        await client.post("/things", json=body),
        await client.get(f"/things/{secret}"),
        await client.get("/things", params={"offset": secret, "limit": f"x{secret}"}),
        await client.get("/things", params={"fields": secret}),
    ):
        assert answer.status_code == 400
        assert secret not in answer.text


async def test_a_missing_body_is_said_to_be_missing(client: AsyncClient) -> None:
    answer = await client.post("/things", headers={"Content-Type": "application/json"})

    assert faults_by_field(answer) == {"": "missing"}


@pytest.mark.parametrize(
    ("path", "field", "code"),
    [
        ("/things/17", "thing_id", "uuid-parsing"),
        ("/things?offset=-1", "offset", "greater-than-equal"),
        ("/things?offset=99999999999999999999999", "offset", "less-than-equal"),
        ("/things?limit=1000", "limit", "less-than-equal"),
        ("/things?limit=ten", "limit", "int-parsing"),
        ("/things?fields=id,size", "fields", "unknown-field"),
        ("/things?limits=10", "limits", "unknown-parameter"),
        ("/caller?limit=10", "limit", "unknown-parameter"),
        ("/things?=10", "", "unknown-parameter"),
        ("/things?limit=10&limit=20", "limit", "repeated"),
        ("/things?total=1&total=1", "total", "repeated"),
    ],
)
async def test_a_bad_parameter_is_named_with_its_remedy(
    client: AsyncClient, path: str, field: str, code: str
) -> None:
    answer = await client.get(path)

    assert faults_by_field(answer) == {field: code}


@pytest.mark.parametrize(
    ("query", "remedy"), [("offset=-1", "give 0 or more"), ("limit=1000", "give 100 or less")]
)
async def test_a_value_beyond_a_bound_is_answered_with_the_bound(
    client: AsyncClient, query: str, remedy: str
) -> None:
    (fault,) = (await client.get(f"/things?{query}")).json()["errors"]

    assert fault["remedy"] == remedy


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/parked?after={}"), ("POST", "/parked/{}/retry")]
)
@pytest.mark.parametrize("position", ["-1", str(2**63), "9" * 70])
async def test_a_position_that_no_table_can_have_is_named(
    settings: Settings, method: str, path: str, position: str
) -> None:
    sessions = sessionmaker(create_engine(NOWHERE))
    api = an_api(settings, routers=OPERATIONS_ROUTERS)
    publisher = Publisher(Writer(sessions), Producer(settings))
    set_operations_context(
        api, OperationsContext(settings, sessions, publisher, {}, Monitor(settings, sessions))
    )
    async with api_client(api, bearer(settings, "ops")) as client:
        answer = await client.request(method, f"/ops/v1{path.format(position)}")

    assert set(faults_by_field(answer)) <= {"after", "position"}


@pytest.mark.parametrize("path", ["/numbers/1%00", "/numbers/1?text=%00"])
async def test_a_url_with_a_nul_is_refused_for_every_endpoint(
    client: AsyncClient, path: str
) -> None:
    assert faults_by_field(await client.get(path)) == {"": "nul"}


async def test_an_unknown_path_and_method_are_problems_too(client: AsyncClient) -> None:
    problem_of(await client.get("/nothing"), 404, "not-found")
    problem_of(await client.get("/things/"), 404, "not-found")
    answer = await client.delete("/things")
    problem_of(answer, 405, "method-not-allowed")
    assert answer.headers["allow"]


@pytest.mark.parametrize(
    ("why", "status", "code"),
    [("conflict", 409, "done"), ("invalid", 400, "invalid"), ("busy", 503, "unavailable")],
)
async def test_each_refusal_of_the_kernels_has_its_status(
    client: AsyncClient, why: str, status: int, code: str
) -> None:
    answer = await client.get(f"/refused/{why}")

    problem_of(answer, status, code)
    assert answer.headers.get("retry-after") == ("7" if why == "busy" else None)


async def test_a_bug_is_a_problem_that_reveals_nothing_and_is_logged(
    client: AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await client.get("/bug")

    body = problem_of(answer, 500, "unforeseen")
    assert "13812345678" not in answer.text
    logged = json.loads(capsys.readouterr().err.splitlines()[0])
    assert (logged["event"], logged["correlation_id"]) == ("request.failed", body["request_id"])
    assert "RuntimeError" in logged["exception"]
    assert "13812345678" not in logged["exception"]


async def test_a_database_that_is_out_is_503_and_says_when_to_ask_again(
    client: AsyncClient,
) -> None:
    answer = await client.get("/rows")

    problem_of(answer, 503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0


async def test_a_value_that_the_database_cannot_hold_is_the_callers_fault(
    tmp_path: Path, sessions: Sessions
) -> None:
    settings = settings_for(tmp_path)
    async with api_client(an_api(settings, sessions), bearer(settings)) as client:
        answer = await client.get("/stored", params={"number": 1 << 40})

    problem_of(answer, 400, "not-storable")


class Copper(BaseModel):
    """One kind of access."""

    kind: Literal["copper"]


class Radio(BaseModel):
    """Another."""

    kind: Literal["radio"]


def test_a_kind_that_is_unknown_is_not_repeated_either() -> None:
    accesses = TypeAdapter(list[Annotated[Copper | Radio, Field(discriminator="kind")]])
    with pytest.raises(ValidationError) as caught:
        accesses.validate_python([{"kind": "13812345678"}])

    errors = [{**error, "loc": ("body", *error["loc"])} for error in caught.value.errors()]
    (fault,) = faults_of(errors, [{"kind": "13812345678"}])

    assert "13812345678" not in str(fault)
    assert fault.field == "/0"
