"""Keys and tokens for development: made once, for their owner alone."""

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.security.development_keys import ensure_development_keys, make_key_pair, make_token
from shared.security.roles import ROLES
from shared.security.tokens import ExpectedClaims, KeysError, TokenVerifier
from tests.shared.http.small_api import NOW

EXPECTED = ExpectedClaims("kaitong", "kaitong")
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home") / "keys"
    ensure_development_keys(folder, NOW)
    return folder


def test_development_keys_are_for_their_owner_alone(keys: Path) -> None:
    inside = [path for path in keys.rglob("*") if path.is_file()]

    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in inside} == {0o600}
    assert {path.name for path in (keys / "tokens").iterdir()} == {f"{role}.jwt" for role in ROLES}


def test_the_stored_tokens_have_the_scopes_of_their_roles(keys: Path) -> None:
    tokens = TokenVerifier(keys, EXPECTED)
    for role, known in ROLES.items():
        caller = tokens.verify((keys / "tokens" / f"{role}.jwt").read_bytes())
        assert (caller.role, caller.scopes) == (role, known.scopes)


def test_many_starts_at_once_agree_on_one_key(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "keys"

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(make_key_pair, [folder] * 8))
        list(pool.map(partial(ensure_development_keys, folder), [NOW] * 8))

    assert len(list(folder.glob("*.pem"))) == 1
    assert {path.name for path in folder.parent.iterdir()} == {"keys"}
    assert TokenVerifier(folder, EXPECTED).verify(make_token(folder, "ops", now=NOW).encode())


def test_a_second_start_changes_nothing_until_the_tokens_are_about_to_end(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    ensure_development_keys(folder, NOW)
    before = contents(folder)

    ensure_development_keys(folder, NOW + 20 * 24 * HOUR)
    assert contents(folder) == before
    ensure_development_keys(folder, NOW + 25 * 24 * HOUR)

    changed = {name for name, content in contents(folder).items() if before[name] != content}
    assert changed == {f"{role}.jwt" for role in ROLES}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_with_an_issuers_keys_is_left_alone(tmp_path: Path) -> None:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    content = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "issuer.pem").write_bytes(content)

    ensure_development_keys(tmp_path, NOW)

    assert [path.name for path in tmp_path.iterdir()] == ["issuer.pem"]
    with pytest.raises(KeysError, match="no development key"):
        make_token(tmp_path, "crm", now=NOW)


def test_a_token_for_an_unknown_role_is_not_made(keys: Path) -> None:
    with pytest.raises(KeysError, match="use one of crm, billing, crew, operator"):
        make_token(keys, "king", now=NOW)
