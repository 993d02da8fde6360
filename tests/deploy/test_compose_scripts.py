"""The scripts that the compose file runs: they check the secrets, and create the roles."""

import os
import subprocess
from collections.abc import Mapping

import psycopg
import pytest

from deploy.local.databases import database_name
from deploy.local.postgres import Postgres
from deploy.local.postgres_cluster import program_folder
from tests.conftest import SERVICES
from tests.deploy.compose import FILLED, FILLED_IN, NAMED, SCRIPTS, services


def check_secrets(variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the script that checks the secrets, with these variables in .env."""
    environment = services(variables)["secrets"]["environment"]
    script = SCRIPTS / "secrets.sh"
    return subprocess.run(
        ["/bin/sh", str(script)], env=environment, capture_output=True, text=True, check=False
    )


def test_filled_in_secrets_are_accepted() -> None:
    assert len(FILLED) == 7

    done = check_secrets(FILLED_IN)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", FILLED)
@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("", "is not set"),
        ("hunter2", "is shorter than 16 characters"),
        ("p@ss/word-0123456789", "holds something other than letters and digits"),
    ],
)
def test_a_secret_that_is_missing_or_weak_stops_the_start_and_is_named(
    name: str, value: str, why: str
) -> None:
    done = check_secrets(FILLED_IN | {name: value})

    (line,) = done.stderr.splitlines()
    assert done.returncode == 1
    assert line.startswith(f"{name} {why}: ")
    assert "openssl rand" in line
    assert not value or value not in line


def test_all_missing_secrets_are_named_at_once() -> None:
    assert len(check_secrets(NAMED).stderr.splitlines()) == len(FILLED)


@pytest.mark.parametrize(
    ("name", "why"), [("", "is not set"), ("nan jing", "holds something other than letters")]
)
def test_an_installation_without_a_name_stops_the_start(name: str, why: str) -> None:
    done = check_secrets(FILLED | {"KAITONG_INSTALLATION": name})

    (line,) = done.stderr.splitlines()
    assert done.returncode == 1
    assert line.startswith(f"KAITONG_INSTALLATION {why}")
    assert "no other installation has" in line


@pytest.fixture(scope="module")
def roles(postgres: Postgres) -> Postgres:
    """A PostgreSQL on which the script has created databases and roles."""
    environment = services(FILLED)["postgres"]["environment"]
    server = {
        "PATH": f"{program_folder()}:{os.environ['PATH']}",
        "POSTGRES_USER": "postgres",
        "PGHOST": "127.0.0.1",
        "PGPORT": str(postgres.port),
        "PGPASSWORD": postgres.password,
    }
    script = SCRIPTS / "databases.sh"
    subprocess.run(["/bin/sh", str(script)], env=environment | server, check=True)
    return postgres


def connect(server: Postgres, role: str, database: str) -> psycopg.Connection:
    """Connect as a service."""
    password = FILLED[f"KAITONG_PASSWORD_{role.upper()}"]
    address = f"postgresql://{database_name(role)}:{password}@127.0.0.1:{server.port}"
    return psycopg.connect(f"{address}/{database}")


@pytest.mark.parametrize("service", SERVICES)
def test_a_role_owns_its_own_database(roles: Postgres, service: str) -> None:
    with connect(roles, service, database_name(service)) as connection:
        connection.execute("CREATE TABLE mine (id int)")


@pytest.mark.parametrize("service", SERVICES)
def test_a_role_reaches_no_other_database(roles: Postgres, service: str) -> None:
    others = [database_name(other) for other in SERVICES if other != service]
    for database in [*others, "postgres", "template1"]:
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            connect(roles, service, database)
