"""Responses: pages, fields, health, metrics, access log, description."""

import json
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi import APIRouter
from httpx import AsyncClient
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from shared.config.settings import Settings
from shared.health.monitor import Monitor, MonitorInputs
from shared.http import create_app
from shared.http.app_factory import WrongRouterError
from shared.observability.troubles import Trouble, TroubleKind
from shared.persistence.database import Sessions
from tests.shared.http.small_api import NOWHERE, an_api, api_client, bearer, settings_for


async def test_a_page_says_how_much_there_is(client: AsyncClient) -> None:
    first = await client.get("/things", params={"limit": 10})
    last = await client.get("/things", params={"limit": 10, "offset": 20})
    counted = await client.get("/things", params={"limit": 10, "total": 30})
    beyond = await client.get("/things", params={"offset": 100})

    heads = [
        (each.status_code, each.headers["x-result-count"], each.headers.get("x-total-count"))
        for each in (first, last, counted, beyond)
    ]
    assert heads == [(206, "10", None), (200, "10", "30"), (206, "10", "30"), (200, "0", None)]
    assert [each["id"] for each in last.json()] == [str(n) for n in range(20, 30)]


async def test_a_caller_chooses_attributes_and_always_gets_the_id(client: AsyncClient) -> None:
    one = await client.get(f"/things/{uuid4()}", params={"fields": "name"})
    many = await client.get("/things", params={"fields": "amount", "limit": 1})

    assert one.json().keys() == {"id", "name"}
    assert many.json() == [{"id": "0", "amount": 0}]


async def test_liveness_needs_no_token(settings: Settings) -> None:
    async with api_client(an_api(settings), {}) as client:
        assert (await client.get("/health/live")).json() == {"status": "live"}


async def test_readiness_depends_on_the_database_and_lists_all_troubles(
    tmp_path: Path, sessions: Sessions
) -> None:
    settings = settings_for(tmp_path)
    late = Trouble(kind=TroubleKind.LATE_TIMERS, says="7 timers due and not handled", remedy="look")
    monitor = Monitor(settings, sessions, MonitorInputs(process=(lambda: [late],)))
    async with api_client(an_api(settings, sessions, monitor), {}) as client:
        ready = await client.get("/health/ready")
    async with api_client(an_api(settings), {}) as client:
        unready = await client.get("/health/ready")

    assert ready.status_code == 200
    assert ready.json()["status"] == "ready"
    (named,) = ready.json()["troubles"]
    assert (named["kind"], named["says"], named["is_blocking"]) == (late.kind, late.says, False)
    assert unready.status_code == 503
    (out,) = unready.json()["troubles"]
    assert (out["kind"], out["is_blocking"]) == (TroubleKind.DATABASE_OUT, True)


async def test_requests_are_counted_by_route_and_status(client: AsyncClient) -> None:
    await client.get(f"/things/{uuid4()}")
    await client.get("/things/17")
    await client.get("/nothing/at/all")

    counted = (await client.get("/metrics", headers={"Authorization": ""})).text

    for route, status in (("/things/{thing_id}", 200), ("/things/{thing_id}", 400)):
        line = f'_count{{method="GET",route="{route}",status="{status}"}}'
        assert line in counted
    assert 'route="unmatched",status="404"' in counted
    assert "/nothing" not in counted


async def test_a_read_session_is_read_only(tmp_path: Path, sessions: Sessions) -> None:
    settings = settings_for(tmp_path)
    async with api_client(an_api(settings, sessions), bearer(settings)) as client:
        read = await client.get("/rows")
        written = await client.get("/written")

    assert read.json() == "on"
    assert written.status_code == 500


async def test_a_line_is_logged_for_each_request_and_names_no_customer(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    async with api_client(an_api(settings), bearer(settings, client="crm-1")) as client:
        answer = await client.get("/numbers/13812345678", params={"text": "13912345678"})

    line = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert line | {"timestamp": 0, "ms": 0} == {
        "event": "http.answered",
        "level": "info",
        "service": "order",
        "method": "GET",
        "route": "/numbers/{number}",
        "status": 200,
        "client": "crm-1",
        "request_id": answer.headers["x-request-id"],
        "correlation_id": answer.headers["x-request-id"],
        "timestamp": 0,
        "ms": 0,
    }


async def test_the_description_lists_problems_tokens_and_scopes(settings: Settings) -> None:
    async with api_client(an_api(settings), {}) as client:
        description = (await client.get("/openapi.json")).json()

    operation = description["paths"]["/things"]["post"]
    assert operation["x-scopes"] == ["crm:order.write"]
    assert operation["security"] == [{"token": []}]
    refused = {"400", "401", "403", "408", "413", "415", "429", "431", "503"}
    assert refused == {each for each in operation["responses"] if each >= "4"}
    assert all(
        "application/problem+json" in operation["responses"][each]["content"] for each in refused
    )
    assert "the_request" not in json.dumps(description)
    assert {"Problem", "Thing"} <= description["components"]["schemas"].keys()


def test_a_router_of_the_frameworks_own_keeps_the_process_from_starting(
    settings: Settings,
) -> None:
    router = APIRouter()

    @router.get("/unguarded")
    async def read() -> None:
        """Use the framework's own route."""

    sessions = sessionmaker(create_engine(NOWHERE))
    with pytest.raises(WrongRouterError, match=r"/unguarded: declare .* on shared\.http\.Router"):
        create_app("things", [router], None, sessions, settings)  # type: ignore[arg-type]
