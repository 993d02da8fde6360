"""Bodies: unambiguous JSON in UTF-8."""

import json
from typing import Any

import pytest
from httpx import AsyncClient
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Fault, InvalidError
from shared.input.json_text import read_json
from tests.shared.http.small_api import (
    an_api,
    api_client,
    bearer,
    faults_by_field,
    problem_of,
    settings_for,
)

JSON = {"Content-Type": "application/json"}
DEEP = b'{"free": ' + b"[" * 32 + b"]" * 32 + b"}"
DEEPEST_ALLOWED = b'{"name": "a", "amount": 1, "free": ' + b"[" * 31 + b"]" * 31 + b"}"

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inside: (
        st.lists(inside, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5),
            inside,
            max_size=4,
        )
    ),
    max_leaves=20,
)


def code_of(body: bytes) -> str:
    """Return the code by which a body is refused."""
    with pytest.raises(InvalidError) as caught:
        read_json(body)
    return caught.value.code


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "bad-json"),
        (b"{", "bad-json"),
        (b"{} {}", "bad-json"),
        (b"{'a': 1}", "bad-json"),
        (b'\xef\xbb\xbf{"a": 1}', "bad-json"),
        (b'["a\x00b"]', "bad-json"),
        (b'["a\nb"]', "bad-json"),
        (b"[NaN]", "bad-json"),
        (b"[Infinity]", "bad-json"),
        (b"[-Infinity]", "bad-json"),
        (b"[01]", "bad-json"),
        (b"[1e999]", "number-too-large"),
        (b"[-1e999]", "number-too-large"),
        (b"[9223372036854775808]", "number-too-large"),
        (b"[-9223372036854775809]", "number-too-large"),
        (b"[" + b"9" * 100_000 + b"]", "number-too-large"),
        (b'{"a": 1, "a": 2}', "duplicate-key"),
        (b'[{"x": {"a": 1, "b": 2, "a": 1}}]', "duplicate-key"),
        (b'{"a": 1, "\\u0061": 2}', "duplicate-key"),
        (b'["\\u0000"]', "nul"),
        (b'{"\\u0000": 1}', "nul"),
        (b'["\\u4e2d\\u0000"]', "nul"),
        (b'["\\ud800"]', "lone-surrogate"),
        (b'["\\udc00\\ud800"]', "lone-surrogate"),
        (b'{"\\ud83d": 1}', "lone-surrogate"),
        (b'["\xed\xa0\x80"]', "bad-encoding"),
        (b'["\xff"]', "bad-encoding"),
        (b'["\xc0\x80"]', "bad-encoding"),
        (DEEP, "too-deep"),
        (b"[" * 100_000, "too-deep"),
        (b'{"a":' * 100_000, "too-deep"),
    ],
)
def test_what_means_two_things_or_cannot_be_kept_is_refused(body: bytes, code: str) -> None:
    assert code_of(body) == code


def test_the_fault_names_a_key_that_comes_twice() -> None:
    with pytest.raises(InvalidError) as caught:
        read_json(b'{"a": 1, "b": 2, "b": 3}')

    assert caught.value.faults[0].field == "b"


@pytest.mark.parametrize(
    "body",
    [
        b"[9223372036854775807, -9223372036854775808, -0, 1e308, 5e-324]",
        b'["\\u4e2d\\u6587", "\\ud83d\\ude00", "\\\\u0000", "\xe4\xb8\xad"]',
        DEEPEST_ALLOWED,
        b"[" + b"[]," * 1000 + b"[]]",
        b' {"a": {"a": {"a": []}}} ',
    ],
)
def test_what_means_one_thing_is_read_as_it_stands(body: bytes) -> None:
    assert read_json(body) == json.loads(body)


@given(VALUES, st.booleans())
def test_every_value_that_json_can_say_is_read_back(value: Any, ascii_: bool) -> None:  # noqa: FBT001
    body = json.dumps(value, ensure_ascii=ascii_).encode()

    assert read_json(body) == value


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_read_or_refused_with_a_remedy(body: bytes) -> None:
    assert all(fault.reason and fault.remedy for fault in faults_in(body))


def faults_in(body: bytes) -> tuple[Fault, ...]:
    try:
        read_json(body)
    except InvalidError as refusal:
        return refusal.faults
    return ()


@pytest.mark.parametrize("body", [b'{"name": "\\ud800"}', b'{"amount": 1e999}', DEEP, b"\xff"])
async def test_every_endpoint_reads_by_these_rules(client: AsyncClient, body: bytes) -> None:
    answer = await client.post("/things", content=body, headers=JSON)

    assert faults_by_field(answer, code=code_of(body))


@pytest.mark.parametrize(
    "kind",
    [
        *("text/plain", "application/xml", "application/x-www-form-urlencoded", "", "json"),
        *("multipart/form-data; boundary=x", "application/json; charset=latin-1"),
    ],
)
async def test_a_body_that_is_not_said_to_be_json_is_refused(
    client: AsyncClient, kind: str
) -> None:
    answer = await client.post(
        "/things", content=b'{"name": "a", "amount": 1}', headers={"Content-Type": kind}
    )

    problem_of(answer, 415, "wrong-media-type")


@pytest.mark.parametrize(
    "kind",
    [
        *(
            "application/json",
            "application/json; charset=utf-8",
            'Application/JSON;charset="UTF-8"',
        ),
        "application/merge-patch+json",
    ],
)
async def test_a_body_that_is_said_to_be_json_is_read(client: AsyncClient, kind: str) -> None:
    answer = await client.post(
        "/things", content=b'{"name": "a", "amount": 1}', headers={"Content-Type": kind}
    )

    assert answer.status_code == 201


async def test_a_body_larger_than_we_take_is_refused_however_it_comes(
    client: AsyncClient,
) -> None:
    async def parts() -> Any:
        for _ in range(40):
            yield b" " * 32_768

    whole = await client.post("/things", content=b" " * 1_048_577, headers=JSON)
    chunked = await client.post(
        "/things", content=parts(), headers=JSON | {"Transfer-Encoding": "chunked"}
    )

    problem_of(whole, 413, "too-large")
    problem_of(chunked, 413, "too-large")


async def test_the_limit_of_a_body_is_a_setting(tmp_path: Any) -> None:
    settings = settings_for(tmp_path, KAITONG_BODY_LIMIT="2048")
    async with api_client(an_api(settings), bearer(settings)) as client:
        fits = await client.post("/things", content=b" " * 2_047 + b"1", headers=JSON)
        larger = await client.post("/things", content=b" " * 2_049, headers=JSON)

    assert fits.status_code == 400
    assert larger.status_code == 413
