"""Fuzzed requests: no answer is a server error."""

import json
from typing import Any
from urllib.parse import quote, unquote

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from starlette.types import Message

from shared.config.settings import Settings
from tests.shared.http.small_api import an_api, bearer

MANY = 150
HEADER_TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=255), min_size=1, max_size=80)
TEXTS = st.text(max_size=20) | st.sampled_from(["\0", "%00", "\ud7ff", "😀", "-1", "1e999", "null"])
QUOTED = TEXTS.map(lambda text: quote(text, safe="")) | TEXTS.map(quote)
TARGETS = (
    st.sampled_from(["things", "rows", "stored", "caller", "health/ready", "metrics", "/", ".."])
    | QUOTED.map("numbers/{}".format)
    | QUOTED.map("things/{}".format)
    | st.lists(QUOTED, max_size=4).map("/".join)
)
METHODS = st.just("GET") | st.sampled_from(
    ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
)
QUERIES = st.dictionaries(
    st.sampled_from(["offset", "limit", "fields", "number", "total", "text"]) | TEXTS,
    TEXTS | st.integers().map(str),
    max_size=4,
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=10),
    lambda inside: (
        st.lists(inside, max_size=4)
        | st.dictionaries(st.sampled_from(["name", "amount", "parts", "id", "value"]), inside)
    ),
    max_leaves=12,
)
THINGS = st.fixed_dictionaries(
    {},
    optional={
        "name": ANYTHING,
        "amount": ANYTHING,
        "parts": ANYTHING | st.lists(st.fixed_dictionaries({"id": ANYTHING, "value": ANYTHING})),
        "free": ANYTHING,
    },
)
BODIES = st.binary(max_size=200) | (THINGS | ANYTHING).map(lambda it: json.dumps(it).encode())
KINDS = (
    st.sampled_from(["application/json", "application/problem+json", "text/plain"]) | HEADER_TEXT
)


@pytest.fixture(scope="module")
def api(settings: Settings) -> FastAPI:
    return an_api(settings)


async def status_of(
    api: FastAPI, method: str, target: str, headers: dict[str, str], body: bytes
) -> int:
    """Return the status of the answer to a request, passed as a server does."""
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), it.encode("latin-1")) for name, it in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
        "state": {},
    }
    parts: list[Message] = [{"type": "http.request", "body": body}, {"type": "http.disconnect"}]
    answered: list[Any] = []

    async def receive() -> Message:
        return parts.pop(0) if len(parts) > 1 else parts[0]

    async def send(message: Message) -> None:
        answered.append(message)

    await api(scope, receive, send)
    status: int = answered[0]["status"]
    return status


@given(body=BODIES, kind=KINDS)
@hypothesis_settings(max_examples=MANY, deadline=None)
async def test_no_body_causes_a_server_error(
    api: FastAPI, settings: Settings, body: bytes, kind: str
) -> None:
    headers = bearer(settings) | {"Content-Type": kind, "Content-Length": str(len(body))}

    assert await status_of(api, "POST", "/things", headers, body) < 500


@given(
    method=METHODS,
    target=TARGETS,
    query=QUERIES,
    body=st.just(b"") | BODIES,
)
@hypothesis_settings(max_examples=MANY, deadline=None)
async def test_no_url_causes_a_server_error(  # noqa: PLR0913, PLR0917  each is a part of a request
    api: FastAPI, settings: Settings, method: str, target: str, query: dict[str, str], body: bytes
) -> None:
    query_text = "&".join(f"{quote(name)}={quote(value)}" for name, value in query.items())
    headers = bearer(settings) | {"Content-Type": "application/json"}

    status = await status_of(api, method, f"/{target}?{query_text}", headers, body)

    assert status < 500 or target in {"rows", "stored", "health/ready"}, "these need a database"


@given(
    st.dictionaries(
        st.sampled_from(
            [
                *("X-Request-Id", "traceparent", "Content-Type", "Accept", "Cookie", "Host"),
                *("Authorization", "Idempotency-Key", "Range", "Content-Encoding"),
            ]
        ),
        HEADER_TEXT | HEADER_TEXT.map(lambda text: f"Bearer {text}"),
    ),
    st.booleans(),
)
@hypothesis_settings(max_examples=MANY, deadline=None)
async def test_no_header_causes_a_server_error(
    api: FastAPI,
    settings: Settings,
    headers: dict[str, str],
    has_token: bool,  # noqa: FBT001  hypothesis draws it
) -> None:
    sent = headers | bearer(settings) if has_token else headers

    assert await status_of(api, "GET", "/caller", sent, b"") < 500
    assert await status_of(api, "POST", "/things", sent, b'{"name": "a"}') < 500
