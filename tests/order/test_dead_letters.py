"""Dead letters belong to their tenant; those without a tenant to that of the installation."""

from typing import Any

import pytest
from alembic import command
from httpx import AsyncClient
from sqlalchemy import Connection, text

from deploy.local.postgres import Postgres
from services.order.handlers import SUBSCRIPTIONS
from shared.kafka.record_types import ConsumedRecord
from shared.persistence.database import Sessions
from shared.persistence.migrate import config_for, upgrade
from tests.callers import AsRole
from tests.databases import a_database
from tests.kernel import TENANT, consume, consume_records, dead_letter_rows
from tests.order import builders

OTHER = "zhejiang"
DEAD_LETTERS = "/ops/v1/parked"
GARBAGE = ConsumedRecord("order/3", 17, b"one key", b"no message", "")


def create_dead_letters(sessions: Sessions) -> None:
    """Create a dead letter of each tenant, and an unreadable one."""
    consume(sessions, SUBSCRIPTIONS, builders.service_completed(builders.accepted(n=1)))
    consume(
        sessions, SUBSCRIPTIONS, builders.service_completed(builders.accepted(n=2)), tenant=OTHER
    )
    consume_records(sessions, SUBSCRIPTIONS, [GARBAGE])


async def listed(client: AsyncClient, headers: dict[str, str]) -> list[Any]:
    answer = await client.get(DEAD_LETTERS, headers=headers)
    assert answer.status_code == 200, answer.text
    return [each["position"] for each in answer.json()]


async def test_dead_letters_are_listed_for_their_tenant_and_unreadable_ones_for_the_installation(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    create_dead_letters(sessions)
    own, others, garbage = (row.position for row in dead_letter_rows(sessions))

    here = await listed(client, as_role("viewer"))
    there = await listed(client, as_role("viewer", tenant=OTHER))

    assert here == [own, garbage]
    assert there == [others]


async def test_dead_letters_are_redelivered_only_by_their_tenant_and_noted_in_its_audit(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    create_dead_letters(sessions)
    retries = [f"{DEAD_LETTERS}/{row.position}/retry" for row in dead_letter_rows(sessions)]
    callers = (as_role("supervisor"), as_role("supervisor", tenant=OTHER))

    answers = [
        [(await client.post(each, headers=who)).status_code for each in retries] for who in callers
    ]
    audits = [(await client.get("/ops/v1/audit", headers=who)).json() for who in callers]

    assert answers == [[200, 404, 200], [404, 200, 404]]
    assert [len(each) for each in audits] == [2, 1]


async def test_a_dead_letter_that_a_new_version_can_read_gets_its_tenant_when_it_is_retried(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    """Its row was written by a version without the column."""
    consume(sessions, SUBSCRIPTIONS, builders.service_completed(builders.accepted()), tenant=OTHER)
    with sessions.begin() as session:
        session.execute(text("UPDATE parked SET tenant = NULL"))
    (row,) = dead_letter_rows(sessions)

    retried = await client.post(f"{DEAD_LETTERS}/{row.position}/retry", headers=as_role("operator"))

    assert (retried.status_code, retried.json()["still_parked"]) == (200, 1)
    assert await listed(client, as_role("viewer", tenant=OTHER)) == [row.position]
    assert await listed(client, as_role("viewer")) == []


BODIES = (f'{{"tenant": "{OTHER}"}}', '{"tenant": 7}', '{"tenant": "a\\u0000b"}', "no message")
ADD = """INSERT INTO parked (identity, source, "offset", type, key, body, why, error, parked_at)
    VALUES (:name, '', 1, '', '', :body, 'early', '', now())"""
FOUND = "SELECT tenant FROM parked ORDER BY position"


def upgrade_to(revision: str, connection: Connection) -> None:
    """Migrate up to one revision."""
    config = config_for("order")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def test_existing_dead_letters_get_their_tenant_and_the_previous_version_adds_to_them(
    postgres: Postgres,
) -> None:
    with a_database(postgres, "test_parked_tenants") as engine:
        with engine.begin() as connection:
            upgrade_to("kernel_0007", connection)
            for body in BODIES:
                connection.execute(text(ADD), {"name": body, "body": body.encode()})
        with engine.begin() as connection:
            upgrade("order", connection)
            connection.execute(text(ADD), {"name": "new", "body": b"{}"})
            tenants = list(connection.scalars(text(FOUND)))

    assert tenants == [OTHER, None, None, None, None]


@pytest.mark.parametrize("role", ["viewer", "crm"])
async def test_a_recovery_is_shown_to_all_tenants_and_its_acknowledger_to_the_installations(
    client: AsyncClient, sessions: Sessions, as_role: AsRole, role: str
) -> None:
    with sessions.begin() as session:
        session.execute(text(RECOVERY))

    shown = [
        (await client.get("/ops/v1/recoveries", headers=as_role(role, tenant=tenant))).json()
        for tenant in (TENANT, OTHER)
    ]

    (here,), (there,) = shown
    assert here["acknowledged_by"] == "li-na"
    assert there == here | {"acknowledged_by": ""}


RECOVERY = """
    INSERT INTO recoveries (id, noticed_at, state, taken_over, replayed, missing, ended_at,
    acknowledged_at, acknowledged_by)
    VALUES (gen_random_uuid(), now(), 'done', 0, 0, '', now(), now(), 'li-na')"""
