"""A server that is not promoted yet: its refusals are an outage, not a handler's bug."""

import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from deploy.local import postgres, process
from deploy.local.databases import superuser_dsn
from deploy.local.postgres import Postgres, launch, start_postgres
from shared.persistence.connection_losses import loss_count
from shared.persistence.database import Sessions, make_sessions
from tests.kernel import until


@pytest.fixture
def standby(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Postgres]:
    """A server that only replays a write-ahead log, and allows reads."""
    monkeypatch.setattr(postgres, "SETTINGS", postgres.SETTINGS | {"wal_level": "replica"})
    server = start_postgres(tmp_path / "standby", fsync=False)
    process.end(server.server, signal.SIGINT, 60)
    (server.data / "standby.signal").touch()
    server.server = launch(server)
    yield server
    server.kill()
    server.remove()


def accepts_connections(server: Postgres) -> bool:
    """Return whether a server accepts connections."""
    try:
        psycopg.connect(superuser_dsn(server)).close()
    except psycopg.OperationalError:
        return False
    return True


async def test_a_server_that_is_not_promoted_yet_is_waited_for(standby: Postgres) -> None:
    await until(lambda: accepts_connections(standby))
    sessions = make_sessions(f"{standby.url}/postgres")
    before = loss_count(sessions)

    with pytest.raises(OperationalError):
        write(sessions)

    assert loss_count(sessions) == before + 1
    sessions.kw["bind"].dispose()


def write(sessions: Sessions) -> None:
    """Begin a read-write transaction, as on a pooled connection that served a reader before."""
    with sessions() as session:
        session.connection(execution_options={"postgresql_readonly": False})
        session.execute(text("SELECT 1"))
