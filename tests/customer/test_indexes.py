"""No query reads a whole table, however many customers there are."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from services.customer import store
from services.customer.commands.customers import require_customer
from shared.access.access_rule import DataScope, tenant_wide_scope
from shared.persistence.database import Sessions
from shared.persistence.pagination import Window
from tests.customer.builders import TENANT

MANY = 20_000
TENTH = "party-10"

WHOLE, OWN, GRANTED = (
    tenant_wide_scope(TENANT),
    DataScope(TENANT, "crm"),
    DataScope(TENANT, "another"),
)

FILL = f"""
INSERT INTO parties (tenant, party_id, name, name_key, phone, phone_key, email, identity_number,
                     category, told_at, told_by, person_mark)
    SELECT '{TENANT}', 'party-' || n, 'name-' || n, 'name-' || n, '138' || n, '138' || n, '', '',
           'public', now(), gen_random_uuid(), 'mark-' || n FROM generate_series(1, {MANY}) n;
INSERT INTO party_tellings (tenant, party_id, client, name, phone, phone_key, email,
                            identity_number, category, told_at, told_by)
    SELECT tenant, party_id, 'crm', name, phone, phone_key, '', '', 'public', told_at, told_by
    FROM parties;
INSERT INTO account_tellings (tenant, account_id, party_id, client, told_at)
    SELECT '{TENANT}', 'account-' || n, 'party-' || n, 'crm', now()
    FROM generate_series(1, {MANY}) n;
INSERT INTO access_grants (tenant, grantee, owner, customer_id, level, changed_at)
    SELECT '{TENANT}', 'another', 'crm', 'party-' || n, 'see', now()
    FROM generate_series(1, {MANY}) n;
INSERT INTO orders (order_id, tenant, party_id, client, external_id, channel, priority,
                    accepted_at, one_off_cents, monthly_cents, items)
    SELECT gen_random_uuid(), '{TENANT}', 'party-' || n, 'crm', '', '', 4, now(), 0, 0, '[]'
    FROM generate_series(1, {MANY}) n;
INSERT INTO assignments (order_id, tenant, items) SELECT order_id, tenant, '[]' FROM orders;
INSERT INTO endings (order_id, tenant, state, ended_at, code, reason)
    SELECT order_id, tenant, 'completed', now(), '', '' FROM orders;
INSERT INTO order_states (order_id, tenant, state, sequence, changed_at, step, code, reason)
    SELECT order_id, tenant, 'held', 2, now(), '', '', '' FROM orders;
INSERT INTO services (service_id, tenant, held, told_at, told_by)
    SELECT order_id, tenant, '[]', now(), order_id FROM orders;
INSERT INTO products (product_id, tenant, party_id, service_id, told_at, told_by)
    SELECT order_id, tenant, party_id, order_id, now(), order_id FROM orders;
ANALYZE;
"""  # noqa: S608  nothing in it comes from outside


@pytest.fixture(scope="module")
def large_database(databases: dict[str, Sessions]) -> Sessions:
    """A database with many customers."""
    sessions = databases["customer"]
    with sessions.begin() as session:
        session.execute(text("TRUNCATE parties, party_tellings, account_tellings, access_grants"))
        session.execute(text("TRUNCATE orders, assignments, endings, stops, services, products"))
        session.execute(text(FILL))
    return sessions


@contextmanager
def plans(session: Session) -> Iterator[list[str]]:
    """Collect the plans of all statements in the block."""
    connection, found = session.connection(), list[str]()

    def explain(_: Any, cursor: Any, statement: str, parameters: Any, *__: Any) -> None:
        cursor.execute(f"EXPLAIN {statement}", parameters)
        found.append("\n".join(line for (line,) in cursor.fetchall()))

    event.listen(connection, "before_cursor_execute", explain)
    yield found
    event.remove(connection, "before_cursor_execute", explain)


def customer_facts(session: Session, data_scope: DataScope) -> object:
    """Return the facts about a customer in a data scope."""
    party = require_customer(store.find_party(session, data_scope, TENTH), TENTH)
    return store.get_customer_facts(session, data_scope, party, 100)


@pytest.mark.parametrize(
    ("query", "statements"),
    [
        (lambda session: store.find_party(session, WHOLE, TENTH), 1),
        (lambda session: store.find_party(session, OWN, TENTH), 1),
        (lambda session: store.find_party(session, GRANTED, TENTH), 1),
        (lambda session: store.find_party_for_update(session, TENANT, TENTH), 1),
        (lambda session: store.find_account_owners(session, WHOLE, ["account-10"]), 2),
        (lambda session: store.find_account_owners(session, GRANTED, ["account-10"]), 2),
        (lambda session: store.find_by_phone(session, WHOLE, "13810", Window(0, 20)), 1),
        (lambda session: store.find_by_phone(session, OWN, "13810", Window(0, 20)), 2),
        (lambda session: store.find_by_phone(session, GRANTED, "13810", Window(0, 20)), 2),
        (lambda session: store.find_by_name(session, TENANT, "name-10", Window(0, 20)), 1),
        (lambda session: customer_facts(session, WHOLE), 5),
        (lambda session: customer_facts(session, GRANTED), 5),
        (
            lambda session: store.find_erased_by_mark(
                session,
                require_customer(store.find_party(session, WHOLE, TENTH), TENTH),
                ["mark-7"],
                10,
            ),
            2,
        ),
    ],
)
def test_every_question_is_served_by_an_index(
    large_database: Sessions, query: Callable[[Session], object], statements: int
) -> None:
    with large_database() as session, plans(session) as found:
        assert query(session)

    assert len(found) == statements
    assert [plan for plan in found if "Seq Scan" in plan] == []


@pytest.mark.parametrize(
    "query",
    [
        lambda session: store.find_by_phone(session, WHOLE, "13810", Window(0, 20)),
        lambda session: store.find_by_name(session, TENANT, "name-10", Window(0, 20)),
        lambda session: store.find_account_ids(session, WHOLE, TENTH, Window(0, 20)),
    ],
)
def test_the_first_page_of_a_list_neither_reads_nor_sorts_the_rest(
    large_database: Sessions, query: Callable[[Session], object]
) -> None:
    with large_database() as session, plans(session) as found:
        assert query(session)

    assert [plan for plan in found if "Sort  " in plan or "Filter" in plan] == []
