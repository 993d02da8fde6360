"""What tests put into the database of the service, and look up there."""

from uuid import UUID

from services.provisioning.domain.blueprint import Blueprint
from services.provisioning.domain.plan import Plan
from services.provisioning.domain.service import Service
from services.provisioning.handlers import SUBSCRIPTIONS
from services.provisioning.store import blueprints, plans
from services.provisioning.store.services import SERVICES
from shared.calls import call_store
from shared.calls.call_store import AttemptRow
from shared.contracts import OrderAccepted
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.kernel import TENANT, hear
from tests.provisioning.build import ORDER_ID, a_blueprint, assigned, index, shipped

REFERENCE = a_blueprint()


def publish(sessions: Sessions, *published: Blueprint, tenant: str = TENANT) -> None:
    with sessions.begin() as session:
        blueprints.publish(session, tenant, published, "anna", NOON)


def plan_of(sessions: Sessions, order_id: UUID = ORDER_ID) -> Plan:
    with sessions() as session:
        return plans.look(session, TENANT, order_id)


def services_of(sessions: Sessions, order: OrderAccepted) -> list[Service]:
    with sessions() as session:
        return [SERVICES.look(session, item.service_id) for item in order.items]


def attempts_of(sessions: Sessions, order_id: UUID = ORDER_ID) -> list[AttemptRow]:
    with sessions() as session:
        return call_store.of_order(session, order_id)


def run(sessions: Sessions, order: OrderAccepted, blueprint: Blueprint = REFERENCE) -> None:
    """Publish a blueprint, and have an order accepted and assigned."""
    publish(sessions, blueprint)
    hear(sessions, SUBSCRIPTIONS, order)
    hear(sessions, SUBSCRIPTIONS, assigned(order, index([blueprint])))


def begin(sessions: Sessions, order: OrderAccepted) -> None:
    """Have an order accepted, and all assigned that it needs."""
    known = shipped() | index([REFERENCE])
    hear(sessions, SUBSCRIPTIONS, order)
    hear(sessions, SUBSCRIPTIONS, assigned(order, known))
