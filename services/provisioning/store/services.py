"""The service inventory, from rows and to rows."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.provisioning.domain.plan.plan import Plan
from services.provisioning.domain.plan.planner import ExistingCharacteristics
from services.provisioning.domain.service import Inventory, Service, ServiceState
from services.provisioning.tables import ServiceRow
from shared.access.access_rule import DataScope, NotVisibleError
from shared.access.grants import OwnerColumns, accessible_page, is_accessible
from shared.contracts import Action, OrderAccepted
from shared.errors import TooEarlyError
from shared.persistence.bulk import table_of
from shared.persistence.list_window import Window
from shared.persistence.repository import Repository

SERVICES = Repository(ServiceRow, Service)
TABLE = table_of(ServiceRow)
COLUMNS = [TABLE.c[field.name] for field in fields(Service)]
OWNER_COLUMNS = OwnerColumns(TABLE.c.client, TABLE.c.customer_id)
SORT_COLUMNS = [TABLE.c.customer_id, TABLE.c.id]
TERMINATED = TABLE.c.ended_at.is_not(None)


@dataclass(frozen=True, slots=True)
class ServiceFilter:
    """Which services are asked for; None for any."""

    customer_id: str | None = None
    state: ServiceState | None = None


def existing_service_ids(orders: Iterable[OrderAccepted]) -> list[UUID]:
    """Return the services that are there already and that these orders change or end."""
    new = {Action.ADD, Action.NO_CHANGE}
    return [item.service_id for order in orders for item in order.items if item.action not in new]


def preload(session: Session, orders: Iterable[OrderAccepted]) -> None:
    """Read the services that these orders change or end."""
    SERVICES.preload(session, existing_service_ids(orders))


def existing_characteristics(session: Session, order: OrderAccepted) -> ExistingCharacteristics:
    """Return what was ordered when the services were made that an order changes or ends.

    Raises:
        TooEarlyError: if one is not made yet: the order that makes it completes later.
    """
    return {id_: expect(session, id_).characteristics for id_ in existing_service_ids([order])}


def expect(session: Session, id_: UUID) -> Service:
    """Return a service that an order changes or ends.

    Raises:
        TooEarlyError: if it is not made yet.
    """
    found = SERVICES.find_for_update(session, id_)
    if found is None:
        msg = f"service {id_} is not made yet"
        raise TooEarlyError(msg)
    return found


def inventory(session: Session, plan: Plan) -> Inventory:
    """Return the services that a plan changes or ends, locked.

    Raises:
        TooEarlyError: if one is not made yet.
    """
    there = [item.service_id for item in plan.items if item.action is not Action.ADD]
    return {id_: expect(session, id_) for id_ in there}


def of_plan(session: Session, plan: Plan) -> Inventory:
    """Return those of the services that a plan is about that are made, as last committed."""
    seen = {each.service_id: SERVICES.find(session, each.service_id) for each in plan.items}
    return {id_: service for id_, service in seen.items() if service}


def get_within_reach(session: Session, data_scope: DataScope, id_: UUID) -> Service:
    """Return one service, to show it.

    Raises:
        NotFoundError: if there is none of that id within reach.
    """
    service = SERVICES.get(session, id_)
    is_of_tenant = service.tenant == data_scope.tenant
    if not is_of_tenant or not is_accessible(
        session, data_scope, service.client, service.customer_id
    ):
        raise NotVisibleError(kind="service", id_=id_)
    return service


def find(
    session: Session, data_scope: DataScope, wanted: ServiceFilter, rows: Window
) -> list[Service]:
    """Return the services within reach, by customer."""
    found = select(*COLUMNS).where(TABLE.c.tenant == data_scope.tenant)
    if wanted.customer_id is not None:
        found = found.where(TABLE.c.customer_id == wanted.customer_id)
    if wanted.state is not None:
        found = found.where(TERMINATED if wanted.state is ServiceState.TERMINATED else ~TERMINATED)
    these = session.execute(
        accessible_page(session, data_scope, found, OWNER_COLUMNS, SORT_COLUMNS, rows)
    )
    return [Service(*row) for row in these]
