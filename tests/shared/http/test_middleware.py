"""Authentication, request ids, rate limits and concurrency."""

import asyncio
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient

from shared.config.settings import Settings
from shared.http import Router
from shared.http.rate_limiting import TokenBuckets
from tests.shared.http.small_api import (
    ReadAccess,
    an_api,
    api_client,
    bearer,
    problem_of,
    settings_for,
)

VALID_ID = "crm-order-4711"


async def test_without_a_token_nothing_is_read_and_the_scheme_is_named(settings: Settings) -> None:
    async with api_client(an_api(settings), {}) as client:
        answer = await client.post("/things", content=b"{" * 1000)

    problem_of(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"] == 'Bearer realm="kaitong"'


@pytest.mark.parametrize("header", ["Bearer nonsense", "Basic YTpi", "Bearer", "nonsense"])
async def test_a_bad_token_is_refused(settings: Settings, header: str) -> None:
    async with api_client(an_api(settings), {"Authorization": header}) as client:
        answer = await client.get("/things")

    problem_of(answer, 401, "bad-token")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_an_unknown_path_is_answered_401_without_a_token(settings: Settings) -> None:
    async with api_client(an_api(settings), {}) as client:
        problem_of(await client.get("/nothing"), 401, "unauthorized")


async def test_a_missing_scope_is_named_before_the_body_is_looked_at(settings: Settings) -> None:
    async with api_client(an_api(settings), bearer(settings, "viewer")) as client:
        answer = await client.post("/things", content=b"no json")
        allowed = await client.get("/things")

    body = problem_of(answer, 403, "missing-scope")
    assert "crm:order.write" in body["detail"]
    assert 'scope="crm:order.write"' in answer.headers["www-authenticate"]
    assert allowed.status_code in {200, 206}


async def test_an_endpoint_gets_the_caller_and_the_causation(settings: Settings) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = bearer(settings, client="crm-9", tenant="anhui") | {"traceparent": trace}
    async with api_client(an_api(settings), headers) as client:
        answers = [(await client.get("/caller")).json() for _ in range(3)]

    assert {(each["client"], each["tenant"], each["traceparent"]) for each in answers} == {
        ("crm-9", "anhui", trace)
    }
    causes = [each["cause"] for each in answers]
    assert causes == sorted(set(causes))


async def test_a_request_keeps_the_id_that_its_caller_gave_it(client: AsyncClient) -> None:
    given = str(uuid4())
    answer = await client.get("/caller", headers={"X-Request-Id": given})
    named = await client.get("/caller", headers={"X-Request-Id": VALID_ID})
    again = await client.get("/caller", headers={"X-Request-Id": VALID_ID})

    assert answer.headers["x-request-id"] == answer.json()["correlation"] == given
    assert named.headers["x-request-id"] == VALID_ID
    assert named.json()["correlation"] == again.json()["correlation"]


@pytest.mark.parametrize(
    "given",
    ["short", "x" * 65, "with blanks here", "tel:13812345678", "wang@example.cn", "a\tbcdefgh"],
)
async def test_an_invalid_or_personal_request_id_is_replaced(
    client: AsyncClient, given: str
) -> None:
    answer = await client.get("/caller", headers={"X-Request-Id": given})

    assert answer.status_code == 200
    assert UUID(answer.headers["x-request-id"]).version == 7


async def test_a_trace_that_is_malformed_is_dropped(client: AsyncClient) -> None:
    answer = await client.get("/caller", headers={"traceparent": "00-zz"})

    assert answer.json()["traceparent"] == ""


async def test_a_client_over_its_rate_limit_is_answered_429_with_retry_after(
    tmp_path: Path,
) -> None:
    settings = settings_for(tmp_path, KAITONG_RATE_LIMIT="3")
    async with api_client(an_api(settings), bearer(settings, client="frequent")) as client:
        answers = [await client.get("/caller") for _ in range(8)]
        other = await client.get("/caller", headers=bearer(settings, client="other"))
        live = await client.get("/health/live")

    refused = [each for each in answers if each.status_code == 429]
    assert len(refused) >= 4
    problem_of(refused[0], 429, "too-often")
    assert refused[0].headers["retry-after"] == "1"
    assert other.status_code == live.status_code == 200


def test_a_bucket_fills_again_with_time() -> None:
    now = [0.0]
    buckets = TokenBuckets(2, lambda: now[0])
    assert [buckets.acquire("a"), buckets.acquire("a"), buckets.acquire("a")] == [0, 0, 1]

    now[0] = 0.5
    assert [buckets.acquire("a"), buckets.acquire("a")] == [0, 1]
    now[0] = 60.0
    assert [buckets.acquire("a") for _ in range(3)] == [0, 0, 1]


def test_buckets_of_idle_clients_are_removed() -> None:
    now = [0.0]
    buckets = TokenBuckets(2, lambda: now[0])

    for number in range(25_000):
        now[0] += 0.001
        buckets.acquire(number)

    assert buckets.client_count <= 10_001


async def test_the_number_of_concurrent_requests_is_limited(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, KAITONG_CONCURRENCY="2")
    arrived, release = asyncio.Semaphore(0), asyncio.Event()
    router = Router()

    @router.get("/held")
    async def hold(_: ReadAccess) -> None:
        arrived.release()
        await release.wait()

    async with api_client(an_api(settings, routers=[router]), bearer(settings)) as client:
        held = [asyncio.ensure_future(client.get("/held")) for _ in range(2)]
        async with asyncio.timeout(10):
            await arrived.acquire()
            await arrived.acquire()
        refused = await client.get("/held")
        live = await client.get("/health/live")
        release.set()
        answers = await asyncio.gather(*held)
        after = await client.get("/held")

    problem_of(refused, 503, "unavailable")
    assert refused.headers["retry-after"] == "1"
    assert live.status_code == 200
    assert {each.status_code for each in (*answers, after)} == {200}
