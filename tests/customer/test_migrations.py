"""The migrations of the customer service, and the columns marked as personal."""

from alembic import command
from sqlalchemy import Connection, text

from deploy.local.postgres import Postgres
from services.customer import tables
from services.customer.domain.parties.source_record import SEARCH_KEYS
from shared.contracts import Customer
from shared.contracts.personal import personal_fields
from shared.persistence.bulk import table_of
from shared.persistence.database import Base
from shared.persistence.migrate import config_for, upgrade
from tests.databases import a_database

ROWS = [each for each in vars(tables).values() if isinstance(each, type) and each is not Base]
OURS = [table_of(each) for each in ROWS if issubclass(each, Base)]

OF_ALL = "'t', {id}, {name}, {phone}, '', '', 'public', now(), gen_random_uuid()"
ROWS_BEFORE = (
    OF_ALL.format(id="'A'", name="E'Jose\\u0301'", phone="'138-5123-4503'"),
    OF_ALL.format(id="'B'", name="''", phone="''"),
    OF_ALL.format(id="'C'", name="'\u5f20\u4f1f'", phone="''"),
)
KNOWN = f"""
INSERT INTO parties (tenant, party_id, name, phone, email, identity_number, category, told_at,
                     told_by)
    VALUES ({"), (".join(ROWS_BEFORE)});
INSERT INTO party_tellings (tenant, party_id, client, name, phone, email, identity_number,
                            category, told_at, told_by)
    SELECT tenant, party_id, 'crm', name, phone, '', '', category, told_at, told_by FROM parties;
"""  # noqa: S608  nothing in it comes from outside
FOUND = "SELECT party_id, name_key, phone_key FROM {} ORDER BY party_id"


def upgrade_to(revision: str, connection: Connection) -> None:
    """Migrate up to one revision of the service."""
    config = config_for("customer")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def test_the_columns_marked_personal_are_the_contracts_personal_fields_and_their_keys() -> None:
    party_tables = [table_of(tables.PartyRow), table_of(tables.PartySourceRow)]
    marked = {(table, each.name) for table in OURS for each in table.c if each.info.get("personal")}

    personal = (*personal_fields(Customer), *SEARCH_KEYS)
    assert marked == {(table, name) for table in party_tables for name in personal}


def test_what_is_known_already_is_found_after_the_migration(postgres: Postgres) -> None:
    with a_database(postgres, "test_search_keys") as engine:
        with engine.begin() as connection:
            upgrade_to("customer_0002", connection)
            connection.execute(text(KNOWN))
        with engine.begin() as connection:
            upgrade("customer", connection)
        with engine.connect() as connection:
            parties = connection.execute(text(FOUND.format("parties"))).all()
            tellings = connection.execute(text(FOUND.format("party_tellings"))).all()

    assert parties == tellings
    assert [tuple(row) for row in parties] == [
        ("A", "jos\u00e9", "+8613851234503"),
        ("B", "", ""),
        ("C", "\u5f20\u4f1f", ""),
    ]


def test_existing_contested_accounts_wait_to_be_settled_and_the_previous_version_adds_to_them(
    postgres: Postgres,
) -> None:
    add = "INSERT INTO contested_accounts (tenant, account_id, since) VALUES ('t', '{}', now())"
    with a_database(postgres, "test_settled_accounts") as engine:
        with engine.begin() as connection:
            upgrade_to("customer_0003", connection)
            connection.execute(text(add.format("before")))
        with engine.begin() as connection:
            upgrade("customer", connection)
            connection.execute(text(add.format("previous")))
        with engine.connect() as connection:
            rows = connection.execute(
                text("SELECT account_id, state, settled_by, note FROM contested_accounts")
            ).all()

    assert [tuple(row) for row in rows] == [
        ("before", "open", "", ""),
        ("previous", "open", "", ""),
    ]
