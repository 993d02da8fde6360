"""A database for each service, with a role that can connect to that database only."""

import json
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

import psycopg
from psycopg import Connection, sql

from deploy.local import ports
from deploy.local.postgres import Postgres


def make_databases(cluster: Postgres, folder: Path, services: Iterable[str]) -> dict[str, str]:
    """Make the missing databases; return the URL of each service's own database.

    Args:
        cluster: A running one.
        folder: Folder of the roles' passwords.
        services: The services that need a database.
    """
    passwords = passwords_for(folder, services)
    with psycopg.connect(superuser_dsn(cluster), autocommit=True) as connection:
        revoke_public_access(connection, "postgres")
        revoke_public_access(connection, "template1")
        for service, password in passwords.items():
            make_database(connection, database_name(service), password)
    return {
        service: f"postgresql+psycopg://{database_name(service)}:{password}@{ports.HOST}:{cluster.port}"
        f"/{database_name(service)}"
        for service, password in passwords.items()
    }


def read_installation_name(url: str) -> str:
    """Return the installation name in a migrated database; empty if it has none."""
    with psycopg.connect(url.replace("+psycopg", "", 1)) as connection:
        row = connection.execute("SELECT name FROM installation").fetchone()
    return str(row[0]) if row else ""


def database_name(service: str) -> str:
    """Return the name of a service's database and of its role."""
    return f"kaitong_{service}"


def superuser_dsn(cluster: Postgres) -> str:
    """Return the superuser's connection string for the database `postgres`."""
    return f"{cluster.url.replace('+psycopg', '')}/postgres"


def make_database(connection: Connection, name: str, password: str) -> None:
    """Make a role and its database; set the password of a role that exists."""
    role = sql.Identifier(name)
    exists = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [name]).rowcount
    verb = sql.SQL("ALTER" if exists else "CREATE")
    connection.execute(
        sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(verb, role, sql.Literal(password))
    )
    if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount:
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(role, role))
    revoke_public_access(connection, name)


def revoke_public_access(connection: Connection, database: str) -> None:
    """Allow only its owner and the superuser to connect to a database."""
    statement = "REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC"
    connection.execute(sql.SQL(statement).format(sql.Identifier(database)))


def passwords_for(folder: Path, services: Iterable[str]) -> Mapping[str, str]:
    """Return the services' passwords; missing ones are generated and stored."""
    file = folder / "passwords.json"
    stored: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    passwords = {service: stored.get(service) or secrets.token_urlsafe(24) for service in services}
    half = file.with_suffix(".half")
    half.unlink(missing_ok=True)
    half.touch(mode=0o600)
    half.write_text(json.dumps(stored | passwords))
    half.rename(file)
    return passwords
