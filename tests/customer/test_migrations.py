"""The migrations of the customer service, and the columns marked as personal."""

from uuid import UUID

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
from tests.customer.builders import at
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


ORDERS_BEFORE = """
INSERT INTO orders (order_id, tenant, party_id, client, external_id, channel, priority,
                    accepted_at, one_off_cents, monthly_cents, items)
    SELECT id, 't', 'A', 'crm', '', '', 4, now(), 0, 0, '[]' FROM unnest(CAST(:orders AS uuid[])) id
"""
HOLD_BEFORE = """
INSERT INTO stops (id, tenant, order_id, told_at, is_hold, step, code, reason)
    VALUES (gen_random_uuid(), 't', :order_id, :at, :is_hold, :step, 'dark', 'why')
"""
END_BEFORE = """
INSERT INTO endings (order_id, tenant, state, ended_at, code, reason)
    VALUES (:order_id, 't', 'failed', now(), '', '')
"""
STATES = "SELECT order_id, state, sequence, code, step FROM order_states ORDER BY order_id"
PUBLISHED = """
INSERT INTO order_states (order_id, tenant, state, sequence, changed_at, code, reason, step)
    VALUES (:order_id, 't', 'inProgress', 3, now(), '', '', '')
"""


def test_orders_that_the_previous_version_holds_are_held_and_it_goes_on_holding_and_resuming(
    postgres: Postgres,
) -> None:
    held, resumed, ended, later, published = orders = [UUID(int=n) for n in range(1, 6)]

    def hold(order_id: UUID, minute: int, step: str, *, is_hold: bool = True) -> None:
        values = {"order_id": order_id, "at": at(minute), "is_hold": is_hold, "step": step}
        connection.execute(text(HOLD_BEFORE), values)

    with a_database(postgres, "test_published_states") as engine:
        with engine.begin() as connection:
            upgrade_to("customer_0004", connection)
            connection.execute(text(ORDERS_BEFORE), {"orders": orders})
            hold(held, 1, "1/first")
            hold(held, 2, "1/first", is_hold=False)
            hold(held, 3, "1/second")
            hold(resumed, 1, "1/first")
            hold(resumed, 2, "1/first", is_hold=False)
            hold(ended, 1, "1/first")
            connection.execute(text(END_BEFORE), {"order_id": ended})
        with engine.begin() as connection:
            upgrade("customer", connection)
            hold(held, 4, "1/second", is_hold=False)
            hold(later, 5, "1/third")
            connection.execute(text(PUBLISHED), {"order_id": published})
            hold(published, 6, "1/fourth")
            states = connection.execute(text(STATES)).all()
            publishing = connection.execute(text("SELECT DISTINCT publishes_states FROM orders"))
            assert publishing.scalars().all() == [False]

    assert [tuple(row) for row in states] == [
        (held, "inProgress", 0, "", ""),
        (resumed, "inProgress", 0, "", ""),
        (later, "held", 0, "dark", "1/third"),
        (published, "inProgress", 3, "", ""),
    ]
