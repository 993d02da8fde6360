"""Tokens and scopes: valid claims, signatures, and routes that need a scope."""

import base64
import json
from pathlib import Path
from typing import Annotated, Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from shared.http import Router
from shared.http.authorization import RouteWithoutScopeError, allow
from shared.security.caller import Caller
from shared.security.development_keys import ensure_development_keys
from shared.security.roles import ROLES, SCOPES
from shared.security.tokens import TokenVerifier
from tests.shared.http.small_api import NOW, an_api, settings_for
from tests.shared.security.tokens import (
    EXPECTED,
    Clock,
    claims,
    kid_of,
    private_of,
    rejection_reason,
    signed,
)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home") / "keys"
    ensure_development_keys(folder, NOW)
    return folder


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(keys: Path, clock: Clock) -> TokenVerifier:
    return TokenVerifier(keys, EXPECTED, clock)


def test_a_sound_token_says_who_calls(tokens: TokenVerifier, keys: Path) -> None:
    caller = tokens.verify(signed(keys, claims()))

    assert caller == Caller("crm-1", "jiangsu", "crm", ROLES["crm"].scopes, "crm-1")


def test_a_token_names_the_person_beside_the_client(tokens: TokenVerifier, keys: Path) -> None:
    caller = tokens.verify(signed(keys, claims(sub="li-na")))

    assert (caller.client, caller.person) == ("crm-1", "li-na")


def test_a_token_without_a_person_acts_as_its_client(tokens: TokenVerifier, keys: Path) -> None:
    content = claims()
    del content["sub"]

    assert tokens.verify(signed(keys, content)).person == "crm-1"


def test_a_token_says_in_which_areas_a_crew_works(tokens: TokenVerifier, keys: Path) -> None:
    crew = tokens.verify(signed(keys, claims(role="crew", areas="025 NJ-XW")))
    without = tokens.verify(signed(keys, claims(role="crew")))

    assert crew.areas == {"025", "NJ-XW"}
    assert without.areas == frozenset()


def test_the_scopes_in_a_token_narrow_what_its_role_may_and_never_widen_it(
    tokens: TokenVerifier, keys: Path
) -> None:
    content = claims(scope="crm:order.read ops:fallout")

    assert tokens.verify(signed(keys, content)).scopes == {"crm:order.read"}


def test_an_admin_may_all() -> None:
    assert ROLES["admin"].scopes == SCOPES.keys()


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "somebody"},
        {"aud": "another"},
        {"exp": 1_000_000_000},
        {"exp": "soon"},
        {"iat": 4_000_000_000},
        {"nbf": 4_000_000_000},
        {"role": "king"},
        {"role": ["crm"]},
        {"tenant": ""},
        {"tenant": 7},
        {"client_id": "a\nb"},
        {"client_id": "x" * 101},
        {"sub": {"a": 1}},
    ],
)
def test_a_token_that_says_something_wrong_does_not_count(
    tokens: TokenVerifier, keys: Path, wrong: dict[str, Any]
) -> None:
    assert rejection_reason(tokens, signed_with_any_claims(keys, claims() | wrong))


def signed_with_any_claims(keys: Path, content: dict[str, Any]) -> bytes:
    """Return a token with claims of any type and a valid signature."""
    head = {"typ": "at+jwt", "kid": kid_of(keys), "alg": "ES256"}
    payload = json.dumps(content).encode()
    return jwt.api_jws.encode(payload, private_of(keys), algorithm="ES256", headers=head).encode()


@pytest.mark.parametrize("name", ["exp", "iat", "iss", "aud", "client_id", "tenant", "role"])
def test_a_token_that_leaves_something_out_does_not_count(
    tokens: TokenVerifier, keys: Path, name: str
) -> None:
    content = claims()
    del content[name]

    assert rejection_reason(tokens, signed(keys, content))


@pytest.mark.parametrize("typ", ["JWT", "id+jwt", None])
def test_a_token_for_something_else_than_access_does_not_count(
    tokens: TokenVerifier, keys: Path, typ: str | None
) -> None:
    assert "at+jwt" in rejection_reason(tokens, signed(keys, claims(), typ=typ))


def test_a_token_signed_with_another_key_does_not_count(tokens: TokenVerifier, keys: Path) -> None:
    other_key = ec.generate_private_key(ec.SECP256R1())
    head = {"typ": "at+jwt", "kid": kid_of(keys)}

    token = jwt.encode(claims(), other_key, algorithm="ES256", headers=head).encode()

    assert "signature" in rejection_reason(tokens, token)


def test_a_changed_token_does_not_count(tokens: TokenVerifier, keys: Path) -> None:
    head, _, signature = signed(keys, claims()).split(b".")
    payload = base64.urlsafe_b64encode(json.dumps(claims(role="admin")).encode()).rstrip(b"=")

    assert "signature" in rejection_reason(tokens, b".".join((head, payload, signature)))


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_the_algorithm_comes_from_the_key_and_not_from_the_token(
    tokens: TokenVerifier, keys: Path, algorithm: str
) -> None:
    head = encoded({"typ": "at+jwt", "kid": kid_of(keys), "alg": algorithm})
    body = head + b"." + encoded(claims(role="admin"))
    public = next(keys.glob("*.pem")).read_bytes()
    signature = {
        "none": b"",
        "HS256": jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
            body, public
        ),
    }[algorithm]
    token = body + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")

    assert rejection_reason(tokens, token)


def encoded(value: object) -> bytes:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")


def test_a_token_is_remembered_until_it_ends_and_no_longer(
    tokens: TokenVerifier, keys: Path, clock: Clock
) -> None:
    content = claims()
    token = signed(keys, content)
    clock.now = content["iat"]
    first = tokens.verify(token)

    clock.now = content["exp"] - 1
    assert tokens.verify(token) is first
    clock.now = content["exp"] + 60

    assert "expired" in rejection_reason(tokens, token)


@given(
    st.one_of(
        st.binary(max_size=200),
        st.lists(st.binary(max_size=60).map(base64.urlsafe_b64encode), max_size=4).map(b".".join),
        st.dictionaries(st.text(max_size=5), st.text(max_size=20)).map(
            lambda head: encoded(head | {"typ": "at+jwt"}) + b".e30.x"
        ),
        st.integers(100, 5_000).map(lambda n: base64.urlsafe_b64encode(b"[" * n) + b".e30.x"),
    )
)
def test_any_malformed_token_is_refused_with_a_reason(keys: Path, token: bytes) -> None:
    assert rejection_reason(TokenVerifier(keys, EXPECTED), token)


def test_a_scope_that_no_role_has_is_noticed_at_once() -> None:
    with pytest.raises(ValueError, match="wrote"):
        allow("crm:order.wrote")
    assert "crm:order.write" in SCOPES


def test_a_route_that_does_not_say_who_may_call_it_keeps_the_process_from_starting(
    tmp_path: Path,
) -> None:
    router = Router()

    @router.get("/open")
    async def read_all() -> None:
        """Name no scope."""

    @router.get("/closed")
    async def read_some(_: Annotated[Caller, allow("admin")]) -> None:
        """Name a scope."""

    with pytest.raises(RouteWithoutScopeError, match="on /open: declare"):
        an_api(settings_for(tmp_path), routers=[router])
