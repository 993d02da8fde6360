"""What a service tells of what it holds: of an empty system nothing, of any other something."""

import pytest

from services.customer.handlers import SUBSCRIPTIONS
from services.resources.tables import AddressRow
from shared.operations.holdings import holdings
from shared.persistence.database import Sessions
from tests.callers import service_of
from tests.conftest import SERVICES, empty
from tests.customer.build import accepted
from tests.kernel import hear

ELSEWHERE = "another-tenant"


def start(databases: dict[str, Sessions], service: str) -> Sessions:
    """Return an empty database in which a service has done all that its first start does."""
    sessions = databases[service]
    empty(sessions)
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
        assert holdings(session, service) == []


@pytest.mark.parametrize("tenant", ["jiangsu", ELSEWHERE])
def test_an_order_alone_is_something_of_whichever_tenant(
    databases: dict[str, Sessions], tenant: str
) -> None:
    sessions = start(databases, "customer")
    hear(sessions, SUBSCRIPTIONS, accepted(1), tenant=tenant)

    with sessions() as session:
        held = holdings(session, "customer")

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
        assert holdings(session, "resources") == ["addresses"]
