"""The key by which erased persons are recognised: made once, kept, and nobody else's to read."""

from pathlib import Path

import pytest

from deploy.local.surroundings import PERSON_KEY, person_key
from tests.deploy.compose import services

PARTS = ("api", "worker")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new home, without the setting."""
    monkeypatch.delenv(PERSON_KEY, raising=False)
    (tmp_path / "run").mkdir()
    return tmp_path


def test_the_key_is_made_once_and_kept(home: Path) -> None:
    key = person_key(home)

    assert len(key) >= 32
    assert person_key(home) == key


def test_only_its_owner_can_read_the_key(home: Path) -> None:
    person_key(home)

    (file,) = (home / "run").iterdir()
    assert file.stat().st_mode & 0o077 == 0


def test_only_who_keeps_something_of_persons_has_the_key() -> None:
    keyed = {name for name, each in services().items() if PERSON_KEY in each.get("environment", {})}

    processes = {f"{service}-{part}" for service in ("order", "customer") for part in PARTS}
    assert keyed == {"secrets", "migrate", "topics", *processes}


def test_a_key_that_is_set_is_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PERSON_KEY, "a key of this installation")

    assert person_key(home) == "a key of this installation"
    assert list((home / "run").iterdir()) == []
