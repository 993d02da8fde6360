"""Containers see only public keys: no private key and no token."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from shared.security.development_keys import ensure_development_keys
from tests.deploy.compose import EXAMPLE, services
from tests.deploy.test_compose import PROCESSES

KEYS = Path(".kaitong/keys")


def mounted(process: str) -> list[Path]:
    """Return the folders of this checkout that a container sees."""
    mounts = services()[process].get("volumes", [])
    return [Path(mount["source"]) for mount in mounts if isinstance(mount, dict)]


@pytest.mark.parametrize("process", PROCESSES)
def test_a_container_sees_public_keys_and_nothing_else(process: str, tmp_path: Path) -> None:
    ensure_development_keys(tmp_path / KEYS, datetime.now(UTC))

    (folder,) = mounted(process)
    seen = list((tmp_path / folder).rglob("*"))

    assert seen
    for path in seen:
        assert load_pem_public_key(path.read_bytes())


def test_the_example_names_the_folder_of_public_keys() -> None:
    assert f"#   KAITONG_AUTH_KEYS=./{KEYS}/public\n" in EXAMPLE


def test_public_keys_that_are_gone_are_not_handed_on(tmp_path: Path) -> None:
    ensure_development_keys(tmp_path / KEYS, datetime.now(UTC))
    stray = tmp_path / KEYS / "public" / "stray.pem"
    stray.touch()

    ensure_development_keys(tmp_path / KEYS, datetime.now(UTC))

    assert not stray.exists()
