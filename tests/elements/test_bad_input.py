"""A wrong request is answered with a problem; the simulator does not fail."""

import json

import pytest
from httpx import AsyncClient

from services.elements.schemas import MAX_BODY_BYTES
from tests.elements.builders import OLT, a_body, active, path

GOOD = json.dumps(a_body())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"{}",
        b"\xff\xfe",
        GOOD.encode("utf-16"),
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b'{"kind": "add-profile", "kind": "add-profile", "subject": "service-1"}',
        b'{"kind": "add-profile", "subject": "service-1", "parameters": {"a": 1, "a": 2}}',
        b'{"kind": "add-profile", "subject": "service-1", "more": 1}',
        b'{"kind": "add-profile"}',
        b'{"kind": 1, "subject": "service-1"}',
        b'{"kind": "explode", "subject": "service-1"}',
        b'{"kind": "create-account", "subject": "service-1"}',
        b'{"kind": "add-profile", "subject": ""}',
        b'{"kind": "add-profile", "subject": "two words"}',
        b'{"kind": "add-profile", "subject": "a\\u0000b"}',
        b'{"kind": "add-profile", "subject": "a\\n"}',
        b'{"kind": "add-profile", "subject": "\\ud800"}',
        b'{"kind": "\\ud800", "subject": "service-1"}',
        b'{"kind": "add-profile", "subject": "%s"}' % (b"x" * 129),
    ],
)
async def test_a_wrong_body_is_refused_and_nothing_is_done(
    client: AsyncClient, body: bytes
) -> None:
    answer = await client.put(path(), content=body)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["remedy"]
    assert await active(client) == []


@pytest.mark.parametrize(
    "value",
    [
        "NaN",
        "-Infinity",
        "1e999",
        "1.5",
        "null",
        "{}",
        "[1]",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551616",
        "9" * 5_000,
        '"\\ud800"',
    ],
)
async def test_a_parameter_is_text_a_whole_number_or_a_boolean(
    client: AsyncClient, value: str
) -> None:
    body = f'{{"kind": "add-profile", "subject": "service-1", "parameters": {{"a": {value}}}}}'

    answer = await client.put(path(), content=body)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize("key", ["\\ud800", "ok"])
async def test_a_parameter_has_a_name_in_utf_8(client: AsyncClient, key: str) -> None:
    body = f'{{"kind": "add-profile", "subject": "service-1", "parameters": {{"{key}": 1}}}}'

    answer = await client.put(path(), content=body)

    assert answer.status_code == (200 if key == "ok" else 400)


@pytest.mark.parametrize("surplus", [0, 1])
async def test_a_body_has_at_most_64_kb(client: AsyncClient, surplus: int) -> None:
    body = GOOD + " " * (MAX_BODY_BYTES - len(GOOD) + surplus)

    answer = await client.put(path(), content=body)

    assert answer.status_code == (413 if surplus else 200)


@pytest.mark.parametrize("name", [".", "a%2Fb", "%00", "a b", "%ff", "x" * 129, "-a", "玄武"])
async def test_a_wrong_name_in_the_path_is_refused(client: AsyncClient, name: str) -> None:
    for place in (f"/elements/{name}/operations/op-1", f"/elements/{OLT}/operations/{name}"):
        for answer in (await client.put(place, content=GOOD), await client.get(place)):
            assert answer.status_code in {400, 404}
            assert answer.headers["content-type"] == "application/problem+json"
    assert (await client.get("/elements")).json() == {"elements": []}


async def test_an_unknown_path_and_a_wrong_method_are_problems_too(client: AsyncClient) -> None:
    nowhere = await client.get("/nowhere")
    wrong = await client.post(path(), content=GOOD)

    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "not-found")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method-not-allowed")
    assert "PUT" in wrong.headers["allow"]
