"""Helpers that write and read the service's database in tests."""

from uuid import UUID

from services.provisioning.commands.blueprints import add_unpublished
from services.provisioning.domain.blueprint.blueprint import Blueprint
from services.provisioning.domain.plan.plan import Plan
from services.provisioning.domain.service import Service
from services.provisioning.handlers import SUBSCRIPTIONS
from services.provisioning.store import plans
from services.provisioning.store.services import SERVICES
from shared.access.access_rule import require_visible
from shared.calls import call_store
from shared.calls.call_store import OutboundCallRow
from shared.contracts import OrderAccepted
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.kernel import TENANT, consume
from tests.provisioning.builders import ORDER_ID, a_blueprint, assigned, index, shipped

REFERENCE = a_blueprint()


def publish(sessions: Sessions, *published: Blueprint, tenant: str = TENANT) -> None:
    with sessions.begin() as session:
        add_unpublished(session, tenant, published, "anna", NOON)


def plan_of(sessions: Sessions, order_id: UUID = ORDER_ID) -> Plan:
    with sessions() as session:
        found = plans.find_in_tenant(session, TENANT, order_id)
    return require_visible(found, kind="plan", id_=order_id)


def services_of(sessions: Sessions, order: OrderAccepted) -> list[Service]:
    with sessions() as session:
        return [SERVICES.get(session, item.service_id) for item in order.items]


def attempts_of(sessions: Sessions, order_id: UUID = ORDER_ID) -> list[OutboundCallRow]:
    with sessions() as session:
        return call_store.calls_of_order(session, order_id)


def run(sessions: Sessions, order: OrderAccepted, blueprint: Blueprint = REFERENCE) -> None:
    """Publish a blueprint, accept an order and assign its resources."""
    publish(sessions, blueprint)
    consume(sessions, SUBSCRIPTIONS, order)
    consume(sessions, SUBSCRIPTIONS, assigned(order, index([blueprint])))


def begin(sessions: Sessions, order: OrderAccepted) -> None:
    """Accept an order, and assign its resources."""
    known = shipped() | index([REFERENCE])
    consume(sessions, SUBSCRIPTIONS, order)
    consume(sessions, SUBSCRIPTIONS, assigned(order, known))
