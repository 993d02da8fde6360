"""The secrets of one machine: created once, kept, given to services, and readable by the owner."""

from pathlib import Path

import pytest

from deploy.local.postgres import Postgres
from deploy.local.process_environment import LOG_KEY, PERSON_KEY, get_or_create_secret
from deploy.local.stack import Stack
from deploy.local.stack_record import SERVICES
from shared.persistence.database import Sessions
from tests.deploy.compose import services

PARTS = ("api", "worker")


@pytest.fixture(params=[LOG_KEY, PERSON_KEY])
def setting(request: pytest.FixtureRequest) -> str:
    """Each setting that is a secret of this machine."""
    name: str = request.param
    return name


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new home, without the settings."""
    monkeypatch.delenv(LOG_KEY, raising=False)
    monkeypatch.delenv(PERSON_KEY, raising=False)
    (tmp_path / "run").mkdir()
    return tmp_path


def test_a_secret_is_made_once_and_kept(home: Path, setting: str) -> None:
    secret = get_or_create_secret(setting, home)

    assert len(secret) >= 32
    assert get_or_create_secret(setting, home) == secret


def test_secrets_differ(home: Path) -> None:
    assert get_or_create_secret(LOG_KEY, home) != get_or_create_secret(PERSON_KEY, home)


def test_only_its_owner_can_read_a_secret(home: Path, setting: str) -> None:
    get_or_create_secret(setting, home)

    (file,) = (home / "run").iterdir()
    assert file.stat().st_mode & 0o077 == 0


def test_a_secret_that_is_set_is_used(
    home: Path, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(setting, "a secret of this installation")

    assert get_or_create_secret(setting, home) == "a secret of this installation"
    assert list((home / "run").iterdir()) == []


def test_an_empty_setting_counts_as_missing(
    home: Path, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(setting, "")

    assert len(get_or_create_secret(setting, home)) >= 32


def test_every_service_is_given_one_log_key_from_start_to_start(
    home: Path, postgres: Postgres, databases: dict[str, Sessions]
) -> None:
    url = f"{postgres.url}/{databases['order'].kw['bind'].url.database}"

    assert len({key_given_to(service, home, url) for service in SERVICES for _ in "12"}) == 1


def key_given_to(service: str, home: Path, url: str) -> str:
    """Return the log key that a new stack on this home gives to a service."""
    stack = Stack(home, SERVICES, elements=False, wanted_ports={}, fsync=False)
    stack.claim_home()
    stack.log.write(databases=dict.fromkeys(SERVICES, url))
    given = stack.service_environment(service)
    stack.stop()
    return given[LOG_KEY]


def test_only_processes_with_personal_data_have_the_key() -> None:
    keyed = {name for name, each in services().items() if PERSON_KEY in each.get("environment", {})}

    processes = {f"{service}-{part}" for service in ("order", "customer") for part in PARTS}
    assert keyed == {"secrets", "migrate", *processes}
