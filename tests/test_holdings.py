"""What a service tells of what it holds: of an empty system nothing, of any other something."""

import pytest

from services.customer.handlers import SUBSCRIPTIONS
from services.resources.tables import AddressRow
from shared.operations.stored_data import non_empty_tables
from shared.persistence.database import Sessions
from tests.callers import service_of
from tests.conftest import SERVICES, delete_all_rows
from tests.customer.builders import accepted
from tests.kernel import consume

ELSEWHERE = "another-tenant"


def start(databases: dict[str, Sessions], service: str) -> Sessions:
    """Return an empty database in which a service has done all that its first start does."""
    sessions = databases[service]
    delete_all_rows(sessions)
    with sessions.begin() as session:
        for step in service_of(service).on_start:
            step(session)
    return sessions


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_service_is_shipped_with_is_nothing_that_it_holds(
    databases: dict[str, Sessions], service: str
) -> None:
    sessions = start(databases, service)

    with sessions() as session:
        assert non_empty_tables(session, service) == []


@pytest.mark.parametrize("tenant", ["jiangsu", ELSEWHERE])
def test_an_order_alone_is_something_of_whichever_tenant(
    databases: dict[str, Sessions], tenant: str
) -> None:
    sessions = start(databases, "customer")
    consume(sessions, SUBSCRIPTIONS, accepted(1), tenant=tenant)

    with sessions() as session:
        held = non_empty_tables(session, "customer")

    assert held == ["account_tellings", "orders", "parties", "party_tellings"]


def test_an_address_alone_is_something(databases: dict[str, Sessions]) -> None:
    sessions = start(databases, "resources")
    with sessions.begin() as session:
        address = AddressRow(
            tenant=ELSEWHERE, id="addr-1", text="人民路1号", exchange_id="X", local_network="025"
        )
        address.grams = []
        session.add(address)

    with sessions() as session:
        assert non_empty_tables(session, "resources") == ["addresses"]
