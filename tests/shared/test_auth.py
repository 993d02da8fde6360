"""Who may call what, and what a token must be."""

import base64
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from shared.auth import (
    ADMIN,
    ROLES,
    BadTokenError,
    Caller,
    OpenRouteError,
    allow,
)
from shared.http import Router
from shared.keys import make_development_keys
from shared.tokens import RECHECK, Expected, KeysError, Tokens
from tests.shared.http.api import NOW, an_api, settings_for

EXPECTED = Expected("kaitong", "kaitong")
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home") / "keys"
    make_development_keys(folder, NOW)
    return folder


class Clock:
    """A clock that a test sets."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now.timestamp()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(keys: Path, clock: Clock) -> Tokens:
    return Tokens(keys, EXPECTED, clock)


def claims(**more: Any) -> dict[str, Any]:
    """Return what a sound token says."""
    issued = int(NOW.timestamp())
    return {
        "iss": "kaitong",
        "aud": "kaitong",
        "sub": "crm-1",
        "client_id": "crm-1",
        "iat": issued,
        "exp": issued + 3600,
        "tenant": "jiangsu",
        "role": "crm",
        **more,
    }


def private_of(keys: Path) -> bytes:
    return next(keys.glob("*.key")).read_bytes()


def kid_of(keys: Path) -> str:
    return next(keys.glob("*.key")).stem


def signed(keys: Path, said: dict[str, Any], **header: Any) -> bytes:
    """Return a token that says this, signed with the right key."""
    head = {"typ": "at+jwt", "kid": kid_of(keys), **header}
    return jwt.encode(said, private_of(keys), algorithm="ES256", headers=head).encode()


def why_not(tokens: Tokens, token: bytes) -> str:
    with pytest.raises(BadTokenError) as caught:
        tokens.caller(token)
    return caught.value.detail


def test_a_sound_token_says_who_calls(tokens: Tokens, keys: Path) -> None:
    caller = tokens.caller(signed(keys, claims()))

    assert caller == Caller("crm-1", "jiangsu", "crm", ROLES["crm"])


def test_the_scopes_in_a_token_narrow_what_its_role_may_and_never_widen_it(
    tokens: Tokens, keys: Path
) -> None:
    said = claims(scope="crm:order.read ops:fallout")

    assert tokens.caller(signed(keys, said)).scopes == {"crm:order.read"}


def test_an_admin_may_all() -> None:
    assert all(scopes <= ROLES["admin"] for scopes in ROLES.values())


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
    tokens: Tokens, keys: Path, wrong: dict[str, Any]
) -> None:
    assert why_not(tokens, forged(keys, claims() | wrong))


def forged(keys: Path, said: dict[str, Any]) -> bytes:
    """Return a token with claims of any type, rightly signed."""
    head = {"typ": "at+jwt", "kid": kid_of(keys), "alg": "ES256"}
    payload = json.dumps(said).encode()
    return jwt.api_jws.encode(payload, private_of(keys), algorithm="ES256", headers=head).encode()


@pytest.mark.parametrize("name", ["exp", "iat", "iss", "aud", "sub", "client_id", "tenant", "role"])
def test_a_token_that_leaves_something_out_does_not_count(
    tokens: Tokens, keys: Path, name: str
) -> None:
    said = claims()
    del said[name]

    assert why_not(tokens, signed(keys, said))


@pytest.mark.parametrize("typ", ["JWT", "id+jwt", None])
def test_a_token_for_something_else_than_access_does_not_count(
    tokens: Tokens, keys: Path, typ: str | None
) -> None:
    assert "at+jwt" in why_not(tokens, signed(keys, claims(), typ=typ))


def test_a_token_signed_with_another_key_does_not_count(tokens: Tokens, keys: Path) -> None:
    stranger = ec.generate_private_key(ec.SECP256R1())
    head = {"typ": "at+jwt", "kid": kid_of(keys)}

    token = jwt.encode(claims(), stranger, algorithm="ES256", headers=head).encode()

    assert "signature" in why_not(tokens, token)


def test_a_changed_token_does_not_count(tokens: Tokens, keys: Path) -> None:
    head, _, signature = signed(keys, claims()).split(b".")
    payload = base64.urlsafe_b64encode(json.dumps(claims(role="admin")).encode()).rstrip(b"=")

    assert "signature" in why_not(tokens, b".".join((head, payload, signature)))


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_the_algorithm_comes_from_the_key_and_not_from_the_token(
    tokens: Tokens, keys: Path, algorithm: str
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

    assert why_not(tokens, token)


def encoded(value: object) -> bytes:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")


def test_a_token_is_remembered_until_it_ends_and_no_longer(
    tokens: Tokens, keys: Path, clock: Clock
) -> None:
    said = claims()
    token = signed(keys, said)
    clock.now = said["iat"]
    first = tokens.caller(token)

    clock.now = said["exp"] - 1
    assert tokens.caller(token) is first
    clock.now = said["exp"] + 60

    assert "expired" in why_not(tokens, token)


def test_a_key_that_is_added_counts_and_one_that_is_taken_away_does_not(
    tmp_path: Path, clock: Clock
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    make_development_keys(old, NOW)
    make_development_keys(new, NOW)
    tokens = Tokens(old, EXPECTED, clock)
    former, later = signed(old, claims()), signed(new, claims())
    assert tokens.caller(former)
    assert "unknown" in why_not(tokens, later)

    public = next(new.glob("*.pem"))
    (old / public.name).write_bytes(public.read_bytes())
    clock.now += 2 * RECHECK
    assert tokens.caller(later)
    next(path for path in old.glob("*.pem") if path.name != public.name).unlink()
    clock.now += 2 * RECHECK

    assert tokens.caller(later)
    assert "unknown" in why_not(tokens, former)


def test_keys_that_become_unreadable_leave_the_old_ones_in_force(
    tmp_path: Path, clock: Clock
) -> None:
    folder = tmp_path / "keys"
    make_development_keys(folder, NOW)
    tokens = Tokens(folder, EXPECTED, clock)
    (folder / "new.pem").write_text("no key at all")
    clock.now += 2 * RECHECK

    assert tokens.caller(signed(folder, claims()))


def test_an_rsa_key_is_good_if_it_is_long_enough(tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    put(tmp_path / "issuer-1.pem", key.public_key())
    head = {"typ": "at+jwt", "kid": "issuer-1"}
    token = jwt.encode(claims(), key, algorithm="RS256", headers=head).encode()

    assert Tokens(tmp_path, EXPECTED).caller(token).client == "crm-1"


def put(path: Path, key: Any) -> None:
    path.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(65537, 1024).public_key(),  # noqa: S505  that is the point
        ec.generate_private_key(ec.SECP384R1()).public_key(),
        ed25519.Ed25519PrivateKey.generate().public_key(),
    ],
)
def test_weak_and_strange_keys_keep_the_process_from_starting(tmp_path: Path, key: Any) -> None:
    put(tmp_path / "weak.pem", key)

    with pytest.raises(KeysError, match=r"KAITONG_AUTH_KEYS: .*weak\.pem"):
        Tokens(tmp_path, EXPECTED)


def test_no_keys_keep_the_process_from_starting(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match="KAITONG_AUTH_KEYS"):
        Tokens(tmp_path, EXPECTED)


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
def test_whatever_comes_as_a_token_is_refused_in_order(keys: Path, token: bytes) -> None:
    assert why_not(Tokens(keys, EXPECTED), token)


def test_a_scope_that_no_role_has_is_noticed_at_once() -> None:
    with pytest.raises(ValueError, match="wrote"):
        allow("crm:order.wrote")
    assert "crm:order.write" in ADMIN


def test_a_route_that_does_not_say_who_may_call_it_keeps_the_process_from_starting(
    tmp_path: Path,
) -> None:
    router = Router()

    @router.get("/open")
    async def read_all() -> None:
        """Say nothing of who may call."""

    @router.get("/closed")
    async def read_some(_: Annotated[Caller, allow("admin")]) -> None:
        """Say it."""

    with pytest.raises(OpenRouteError, match="on /open: say"):
        an_api(settings_for(tmp_path), routers=[router])
