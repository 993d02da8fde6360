"""Fixtures of the kernel's tests: a database with the order log, a broker, keys."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from deploy.local.kafka import Kafka, start_kafka
from shared.calls import outbound_call
from shared.calls import runner as runner_module
from shared.config.settings import Settings
from shared.persistence.database import Sessions, metadata_of
from shared.security.development_keys import ensure_development_keys
from tests.conftest import NOON
from tests.shared import order_log

ORDER_LOGS = metadata_of("tests.shared").tables[order_log.OrderLogRow.__tablename__]


@pytest.fixture
def sessions(sessions: Sessions) -> Sessions:
    """An empty database with the table of the order log."""
    ORDER_LOGS.create(sessions.kw["bind"], checkfirst=True)
    return sessions


@pytest.fixture(scope="module")
def own_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A broker that the tests of one file may stop, suspend and kill."""
    broker = start_kafka(tmp_path_factory.mktemp("own") / "kafka")
    yield broker
    broker.stop()


@pytest.fixture
def keys(settings: Settings) -> None:
    """Make the keys that a process checks tokens with."""
    ensure_development_keys(settings.auth_keys, NOON)


@pytest.fixture
def quick_runner(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runners pause for milliseconds instead of seconds."""
    monkeypatch.setattr(outbound_call, "FIRST_RETRY_DELAY", timedelta(milliseconds=5))
    monkeypatch.setattr(outbound_call, "MAX_RETRY_DELAY", timedelta(milliseconds=20))
    monkeypatch.setattr(runner_module, "BUSY_PAUSE", timedelta(milliseconds=10))
