"""A service names its non-empty tables: none in a new system, and some after any change."""

import pytest

from services.customer.handlers import SUBSCRIPTIONS
from services.resources.tables import AddressRow
from shared.operations.non_empty_tables import non_empty_tables
from shared.persistence.database import Sessions
from tests.callers import service_of
from tests.conftest import SERVICES, delete_all_rows
from tests.customer.builders import accepted
from tests.kernel import consume

ELSEWHERE = "another-tenant"


def start(databases: dict[str, Sessions], service: str) -> Sessions:
    """Return an empty database after the start steps of a service."""
    sessions = databases[service]
    delete_all_rows(sessions)
    with sessions.begin() as session:
        for step in service_of(service).on_start:
            step(session)
    return sessions


@pytest.mark.parametrize("service", SERVICES)
def test_shipped_data_do_not_count_as_stored_data(
    databases: dict[str, Sessions], service: str
) -> None:
    sessions = start(databases, service)

    with sessions() as session:
        assert non_empty_tables(session, service) == []


@pytest.mark.parametrize("tenant", ["jiangsu", ELSEWHERE])
def test_one_order_of_any_tenant_counts_as_stored_data(
    databases: dict[str, Sessions], tenant: str
) -> None:
    sessions = start(databases, "customer")
    consume(sessions, SUBSCRIPTIONS, accepted(1), tenant=tenant)

    with sessions() as session:
        held = non_empty_tables(session, "customer")

    assert held == ["account_tellings", "orders", "parties", "party_tellings"]


def test_one_address_counts_as_stored_data(databases: dict[str, Sessions]) -> None:
    sessions = start(databases, "resources")
    with sessions.begin() as session:
        address = AddressRow(
            tenant=ELSEWHERE, id="addr-1", text="人民路1号", exchange_id="X", local_network="025"
        )
        address.grams = []
        session.add(address)

    with sessions() as session:
        assert non_empty_tables(session, "resources") == ["addresses"]
