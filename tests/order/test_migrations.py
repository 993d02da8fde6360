"""Storage and migrations of the order service's tables; the previous version keeps working."""

import pytest
from alembic import command
from sqlalchemy import Connection, text

from deploy.local.postgres import Postgres
from shared.persistence.database import Sessions
from shared.persistence.migrate import config_for, upgrade
from tests.databases import a_database
from tests.kernel import TENANT

ORDER = f"""INSERT INTO orders (id, tenant, client, party_id, content)
    VALUES ('019b76e9-0000-7000-8000-000000000001', '{TENANT}', 'crm', 'C-1', '')"""  # noqa: S608
PROGRESS = f"""INSERT INTO order_progress (order_id, tenant, state, items, code, reason, changed_at)
    VALUES ('019b76e9-0000-7000-8000-000000000001', '{TENANT}', 'held', '', '', '', now())
    """  # noqa: S608
OWNER = "SELECT client, party_id FROM order_progress"


def upgrade_to(revision: str, connection: Connection) -> None:
    """Migrate up to one revision of the service."""
    config = config_for("order")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def test_rows_of_usual_size_are_kept_in_one_piece(sessions: Sessions) -> None:
    query = text("SELECT relname FROM pg_class WHERE 'toast_tuple_target=8160' = ANY(reloptions)")

    with sessions() as session:
        assert set(session.scalars(query)) == {"orders", "submissions"}


def test_existing_progress_rows_have_their_owner_after_the_migration(
    postgres: Postgres,
) -> None:
    with a_database(postgres, "test_orders_by_state") as engine:
        with engine.begin() as connection:
            upgrade_to("order_0004", connection)
            connection.execute(text(ORDER))
            connection.execute(text(PROGRESS))
        with engine.begin() as connection:
            upgrade("order", connection)
        with engine.connect() as connection:
            owner = connection.execute(text(OWNER)).one()

    assert tuple(owner) == ("crm", "C-1")


@pytest.mark.parametrize("written", [(ORDER, PROGRESS), (PROGRESS, ORDER)])
def test_progress_rows_of_the_previous_version_have_their_owner(
    sessions: Sessions, written: tuple[str, str]
) -> None:
    with sessions.begin() as session:
        for statement in written:
            session.execute(text(statement))

    with sessions() as session:
        owner = session.execute(text(OWNER)).one()
    assert tuple(owner) == ("crm", "C-1")
