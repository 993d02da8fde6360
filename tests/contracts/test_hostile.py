"""A service answers every hostile request as described, and never with a server error.

Each operation of each description gets many hostile requests, on a real database and with a token
that may do everything. The seed is fixed, so failures repeat. `EACH`, `FEW` and `ANSWER_S` bound
the duration.
"""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from urllib.parse import quote

from fastapi import FastAPI

from shared.config.settings import Settings
from tests.access.test_matrix import api_of
from tests.conftest import SERVICES as NAMES
from tests.shared.http.small_api import bearer
from tests.shared.http.test_fuzz import status_of

Json = dict[str, Any]

DOCUMENT = Path(__file__).parents[2] / "docs/bad-input.md"

SEED = 20_260_101
EACH = 26
"""Requests to each operation."""

LEAST = 2_000
"""Requests to all services together, as docs/bad-input.md says."""

OTHER_METHODS = frozenset({400, 405, 413, 429})
OPTIONS = frozenset({204, 400, 413, 429})

FEW = 5
"""Requests to each public operation: these read nothing of a request."""

ANSWER_S = 5.0
"""Seconds within which each request is answered: one that hangs ends the test."""

ODD_METHODS = ("HEAD", "OPTIONS", "TRACE", "PROPFIND", "get", "PATCH", "PUT", "DELETE", "POST")
TEXTS = (
    *(
        "",
        " ",
        "null",
        "-1",
        "0",
        "1e999",
        "NaN",
        "true",
        "[]",
        "{}",
        "%",
        "*",
        "+86",
        "' OR 1=1--",
    ),
    *(
        "\u202e",
        "e\u0301",
        "\ufeff",
        "😀" * 50,
        "\u0000",
        "\ue000",
        "\ud7ff",
        "İ",
        "ß",
        "\uff11\uff12",
    ),
    *("../..", ".", "..", "a/b", "a;b=c", "a?b", "a#b", "\\", "\r\nX: y", "\x7f", "\x1b[31m"),
    *("9" * 19, "9" * 400, "-" + "9" * 30, "a" * 129, "a" * 5_000, "0x10", "1_000", "٣"),
    *("2026-02-30", "0000-00-00T00:00:00Z", "9999-12-31T23:59:59-14:00", "2026-01-31T12:00:00"),
    *("0001-01-01T00:00:00+14:00", "-271821-04-20T00:00:00Z", "2026-12-31T23:59:60Z", "1e10"),
    *("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    *("+862552345678", "zh_CN", "fibre", "port", "%00", "%ff", "%zz", "%u0041", "%2F..%2F"),
)
VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 2**63 - 1, -(2**63), 1.5, 1e300, 5e-324, [], {}, [[]], [None], {"": ""}),
    *TEXTS,
    *({"id": None}, [{"id": "1"}] * 200, {"a": {"b": {"c": [1, [2, [3]]]}}}),
)
RAW = (
    *(b"", b" ", b"{", b"[", b'"', b"nul", b"NaN", b"-Infinity", b"1e999", b"\xff\xfe", b"\x00"),
    *(b"[" * 40 + b"]" * 40, b"[" * 100_000, b'{"a":' * 31 + b"1" + b"}" * 31, b'{"a":1,"a":2}'),
    *(b'{"a":"\\ud800"}', b'"\\u0000"', b'{"\\u0000":1}', b"9" * 5_000, b"1" + b"0" * 400, b"{}x"),
    *(b'\xef\xbb\xbf{"a":1}', b'{"a":1}\x00', b"a=b&c=d", b"<a/>", b'{"a":\xed\xa0\x80}', b"// {}"),
    *(
        b'{"a":01}',
        b"{'a':1}",
        b'{"a":1,}',
        b'{"a":.5}',
        b" " * 70_000,
        b'"' + b"x" * 70_000 + b'"',
    ),
)
KINDS = (
    *("", "text/plain", "application/xml", "application/json; charset=utf-16", "application/json;"),
    *("multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "APPLICATION/JSON"),
    *("application/merge-patch+json", 'application/json; charset="utf-8', "a/b/c", "*/*", "\xff"),
)
HEADERS = {
    "Idempotency-Key": ("", "k" * 255, "k" * 256, "a b", "\xff", "1"),
    "X-Request-Id": ("", "a" * 500, "13812345678", "{}", "\xff"),
    "traceparent": ("00-0-0-0", "x" * 300),
    "Accept": ("application/xml", "*/*;q=", "\xff"),
    "Range": ("bytes=0-0", "items=5-1"),
    "If-Match": ('"x"', "*"),
    "Content-Encoding": ("gzip", "br"),
    "X-HTTP-Method-Override": ("DELETE",),
    "Cookie": ("a=" + "b" * 4_000,),
    "Expect": ("100-continue", "nonsense"),
}


class HostileRequest(NamedTuple):
    """One hostile request."""

    template: str
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Operation(NamedTuple):
    """One operation of a description."""

    template: str
    verb: str
    described: Json
    examples: list[Any]


def operations(description: Json) -> Iterator[Operation]:
    """Yield the operations of a description, with examples of what each takes."""
    for template, verbs in description["paths"].items():
        for verb, described in verbs.items():
            content = described.get("requestBody", {}).get("content", {}).get("application/json")
            yield Operation(template, verb.upper(), described, examples(content or {}, description))


def examples(content: Json, whole: Json) -> list[Any]:
    """Return examples of a body."""
    if found := [each["value"] for each in content.get("examples", {}).values()]:
        return found
    schema = content.get("schema", {})
    while "$ref" in schema:
        schema = whole["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return list(schema.get("examples", [{}]))


def requests(operation: Operation, random: Random) -> Iterator[HostileRequest]:
    """Yield hostile requests to an operation."""
    for number in range(EACH if operation.described.get("security") else FEW):
        method = random.choice(ODD_METHODS) if number % 9 == 8 else operation.verb
        path = re.sub(r"\{[^}]*\}", lambda _: hostile_step(random), operation.template)
        query = hostile_query(operation.described.get("parameters", ()), random)
        body, kind = hostile_body(operation.examples, random)
        headers = {name: random.choice(HEADERS[name]) for name in random.sample(list(HEADERS), 2)}
        sent = body if operation.described.get("requestBody") or number % 7 == 0 else b""
        headers |= {"Content-Type": kind, "Content-Length": str(len(sent))} if sent else {}
        yield HostileRequest(operation.template, method, f"{path}?{query}", headers, sent)


def hostile_step(random: Random) -> str:
    """Return a hostile value of a path parameter."""
    return encoded(random.choice([text for text in TEXTS if text]), random)


def encoded(text: str, random: Random) -> str:
    """Return a text URL-encoded, sometimes badly."""
    if random.random() < 0.1:
        return random.choice(["%ff%fe", "%", "%C0%80", "%ED%A0%80", "%2e%2e", "a%2Fb"])
    return quote(text, safe="", errors="replace")


def hostile_query(parameters: Any, random: Random) -> str:
    """Return a query: known parameters with hostile values, some twice, some unknown."""
    names = [each["name"] for each in parameters if each["in"] == "query"]
    chosen = random.sample(names, min(len(names), random.randrange(3)))
    chosen += random.choice([[], [], [], chosen[:1], ["nothing"], ["\ud7ff"]])
    pairs = [f"{quote(name)}={encoded(random.choice(TEXTS), random)}" for name in chosen]
    return "&".join([*pairs, *random.choice([[], [], [], ["="], ["&&"], ["a" * 3_000], ["%"]])])


def hostile_body(examples_: list[Any], random: Random) -> tuple[bytes, str]:
    """Return a body and its content type."""
    if random.random() < 0.25:
        return random.choice(RAW), "application/json"
    body = deepcopy(random.choice(examples_ or [{}]))
    for _ in range(random.randrange(1, 4)):
        body = spoiled(body, random)
    kind = random.choice(KINDS) if random.random() < 0.1 else "application/json"
    return json.dumps(body, ensure_ascii=random.random() < 0.5).encode(errors="surrogatepass"), kind


def spoiled(value: Any, random: Random) -> Any:
    """Return a value in which something is replaced, repeated, missing or added."""
    change: Callable[[Any], Any] = lambda _: deepcopy(random.choice(VALUES))  # noqa: E731
    if isinstance(value, dict) and value and random.random() < 0.85:
        name = random.choice(list(value))
        match random.randrange(8):
            case 0:
                return {key: each for key, each in value.items() if key != name}
            case 1:
                return value | {random.choice(TEXTS): change(None)}
            case _:
                return value | {name: spoiled(value[name], random)}
    if isinstance(value, list) and value and random.random() < 0.8:
        at = random.randrange(len(value))
        return [*value[:at], spoiled(value[at], random), *value[at : at + random.randrange(3)]]
    return change(value)


def is_described(hostile: HostileRequest, description: Json, status: int) -> bool:
    """Tell whether the description lists this status for this request.

    A method that the path does not accept is in no operation: 405, or a status that every
    operation may answer before its method is checked.
    """
    verb = "get" if hostile.method == "HEAD" else hostile.method.lower()
    operations = description["paths"][hostile.template]
    if verb not in operations or hostile.method not in {verb.upper(), "HEAD"}:
        return status in (OPTIONS if hostile.method == "OPTIONS" else OTHER_METHODS)
    return str(status) in operations[verb]["responses"]


def corpus(description: Json) -> list[HostileRequest]:
    """Return all hostile requests to one service."""
    random = Random(SEED)  # noqa: S311  no secret
    return [each for operation in operations(description) for each in requests(operation, random)]


def test_all_services_together_get_as_many_hostile_requests_as_the_document_says(
    tmp_path: Path,
) -> None:
    counts = {name: len(corpus(api_of(name, tmp_path).openapi())) for name in NAMES}

    assert sum(counts.values()) >= LEAST, counts
    assert f"over {LEAST:,} hostile requests" in DOCUMENT.read_text()


async def test_hostile_requests_are_answered_as_described(
    real_api: FastAPI, settings: Settings
) -> None:
    description = real_api.openapi()
    token = bearer(settings, "admin", person="hostile")
    answered, wrong = Counter[int](), []

    for each in corpus(description):
        async with asyncio.timeout(ANSWER_S):
            status = await status_of(real_api, *each[1:3], each.headers | token, each.body)
        answered[status] += 1
        if (status >= 500 and status != 503) or not is_described(each, description, status):
            wrong.append((status, each.method, each.target[:200], each.headers, each.body[:300]))

    assert wrong == []
    assert answered.total() == len(corpus(description))
    assert answered[503] < answered.total() / 20, "a database is there"
    assert any(status < 300 for status in answered)
