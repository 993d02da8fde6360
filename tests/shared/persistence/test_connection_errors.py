"""An unreachable database is reported in one line: setting, address, reason, remedy."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError

from deploy.local.postgres import Postgres
from shared.config.settings import Settings
from shared.persistence.connection_errors import (
    describe_unreachable,
    is_unreachable,
    unreachable_reason,
)
from shared.security.development_keys import ensure_development_keys
from tests.conftest import NOON
from tests.kernel import until
from tests.shared.service_process import running_process

CLOSED = "postgresql+psycopg://order:secret@127.0.0.1:1/order"
LINE = (
    "KAITONG_DATABASE_ORDER: PostgreSQL at 127.0.0.1:1/order refuses connections — "
    "start it, or correct the host and port in KAITONG_DATABASE_ORDER"
)


@pytest.fixture
def role(postgres: Postgres) -> Iterator[str]:
    """The URL of a role that may log in, on a database that it may not use."""
    server = f"{postgres.url}/postgres"
    with psycopg.connect(server.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE ROLE visitor LOGIN PASSWORD 'right'")
        connection.execute("CREATE DATABASE shut")
        connection.execute("REVOKE CONNECT ON DATABASE shut FROM PUBLIC")
        yield server.replace(f"postgres:{postgres.password}@", "visitor:right@")
        connection.execute("DROP DATABASE shut")
        connection.execute("DROP ROLE visitor")


def failure(url: str) -> OperationalError:
    """Return the error of a connection to a database."""
    engine = create_engine(url, connect_args={"connect_timeout": 2})
    with pytest.raises(OperationalError) as caught, engine.connect():
        pass
    return caught.value


@pytest.mark.parametrize(
    ("changes", "why", "remedy"),
    [
        ({"port": 1}, "refuses connections", "correct the host and port"),
        ({"password": "wrong"}, "refuses the password", "correct the role and the password"),
        ({"database": "nowhere"}, "has no such database or role", "make it, or correct"),
        ({"database": "shut"}, "does not let the role connect", "GRANT CONNECT"),
        ({"host": "nowhere.invalid"}, "has no known host", "correct the host"),
    ],
)
def test_each_reason_is_named_with_its_setting_and_its_remedy(
    role: str, changes: dict[str, str], why: str, remedy: str
) -> None:
    url = make_url(role).set(**changes).render_as_string(hide_password=False)  # type: ignore[arg-type]

    error = failure(url)
    line = describe_unreachable("resources", url, error)

    assert is_unreachable(error)
    assert unreachable_reason("resources", error).why == why
    assert line.startswith("KAITONG_DATABASE_RESOURCES: PostgreSQL at ")
    assert remedy in line
    assert line.count("\n") == 0
    assert "right" not in line
    assert "wrong" not in line


def test_an_unknown_reason_is_one_line_in_the_words_of_the_driver() -> None:
    error = OperationalError("", {}, OSError("the moon\nis in the way"))

    line = describe_unreachable("order", CLOSED, error)

    assert line == (
        "KAITONG_DATABASE_ORDER: PostgreSQL at 127.0.0.1:1/order cannot be reached "
        "(the moon) — see its log; it is named in KAITONG_DATABASE_ORDER"
    )


@pytest.mark.parametrize("tool", ["shared.persistence.migrate", "shared.privacy.archive_scrubbing"])
def test_a_tool_says_one_line_and_fails(tool: str, tmp_path: Path) -> None:
    environment = {"KAITONG_DATABASE_ORDER": CLOSED, "KAITONG_ARCHIVE_FOLDER": str(tmp_path)}
    (tmp_path / "order").mkdir()

    done = subprocess.run(  # noqa: S603  our own module
        [sys.executable, "-m", tool, "order"],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode != 0
    assert done.stderr == f"order: {LINE}\n"


async def test_a_service_that_starts_says_it_once_and_waits(settings: Settings) -> None:
    ensure_development_keys(settings.auth_keys, NOON)
    with running_process(settings.model_copy(update={"database_url": CLOSED})) as waiting:
        await until(lambda: waiting.log.read_text().count("database.unavailable") > 3, 60)
        log = waiting.log.read_text()

    line = LINE.replace("_ORDER", "_SMALL")  # the small service's own
    assert log.count(f'"why":"{line}"') == 1
    assert "Is the server running" not in log
