"""The keys that tokens are verified with, and their rotation."""

from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.security.development_keys import ensure_development_keys
from shared.security.tokens import KEY_RELOAD_INTERVAL_S, KeysError, TokenVerifier
from tests.shared.http.small_api import NOW
from tests.shared.security.tokens import EXPECTED, Clock, claims, rejection_reason, signed


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_key_that_is_added_counts_and_one_that_is_taken_away_does_not(
    tmp_path: Path, clock: Clock
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    ensure_development_keys(old, NOW)
    ensure_development_keys(new, NOW)
    tokens = TokenVerifier(old, EXPECTED, clock)
    former, later = signed(old, claims()), signed(new, claims())
    assert tokens.verify(former)
    assert "unknown" in rejection_reason(tokens, later)

    public = next(new.glob("*.pem"))
    (old / public.name).write_bytes(public.read_bytes())
    clock.now += 2 * KEY_RELOAD_INTERVAL_S
    assert tokens.verify(later)
    next(path for path in old.glob("*.pem") if path.name != public.name).unlink()
    clock.now += 2 * KEY_RELOAD_INTERVAL_S

    assert tokens.verify(later)
    assert "unknown" in rejection_reason(tokens, former)


def test_keys_that_become_unreadable_leave_the_old_ones_in_force(
    tmp_path: Path, clock: Clock
) -> None:
    folder = tmp_path / "keys"
    ensure_development_keys(folder, NOW)
    tokens = TokenVerifier(folder, EXPECTED, clock)
    (folder / "new.pem").write_text("no key at all")
    clock.now += 2 * KEY_RELOAD_INTERVAL_S

    assert tokens.verify(signed(folder, claims()))


def test_an_rsa_key_is_good_if_it_is_long_enough(tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    put(tmp_path / "issuer-1.pem", key.public_key())
    head = {"typ": "at+jwt", "kid": "issuer-1"}
    token = jwt.encode(claims(), key, algorithm="RS256", headers=head).encode()

    assert TokenVerifier(tmp_path, EXPECTED).verify(token).client == "crm-1"


def put(path: Path, key: Any) -> None:
    path.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(65537, 1024).public_key(),  # noqa: S505  too weak on purpose
        ec.generate_private_key(ec.SECP384R1()).public_key(),
        ed25519.Ed25519PrivateKey.generate().public_key(),
    ],
)
def test_weak_and_unsupported_keys_keep_the_process_from_starting(tmp_path: Path, key: Any) -> None:
    put(tmp_path / "weak.pem", key)

    with pytest.raises(KeysError, match=r"KAITONG_AUTH_KEYS: .*weak\.pem"):
        TokenVerifier(tmp_path, EXPECTED)


def test_no_keys_keep_the_process_from_starting(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match="KAITONG_AUTH_KEYS"):
        TokenVerifier(tmp_path, EXPECTED)
