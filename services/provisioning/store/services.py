"""The store of the service inventory."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.provisioning.domain.plan.plan import Plan
from services.provisioning.domain.service import Inventory, Service, ServiceState
from services.provisioning.tables import ServiceRow
from shared.access.access_rule import DataScope
from shared.access.grants import OwnerColumns, is_accessible, select_accessible_page
from shared.persistence.bulk import table_of
from shared.persistence.pagination import Window
from shared.persistence.repository import Repository

SERVICES = Repository(ServiceRow, Service)
TABLE = table_of(ServiceRow)
COLUMNS = [TABLE.c[field.name] for field in fields(Service)]
OWNER_COLUMNS = OwnerColumns(TABLE.c.client, TABLE.c.customer_id)
SORT_COLUMNS = [TABLE.c.customer_id, TABLE.c.id]
TERMINATED = TABLE.c.ended_at.is_not(None)


@dataclass(frozen=True, slots=True)
class ServiceFilter:
    """Filters of a list of services; None for any."""

    customer_id: str | None = None
    state: ServiceState | None = None


preload = SERVICES.preload


def find_each_for_update(session: Session, ids: Iterable[UUID]) -> dict[UUID, Service | None]:
    """Return these services, locked until the transaction ends; None for one that is missing."""
    return {id_: SERVICES.find_for_update(session, id_) for id_ in ids}


def of_plan(session: Session, plan: Plan) -> Inventory:
    """Return the existing services of a plan's items, as last committed."""
    found = {each.service_id: SERVICES.find(session, each.service_id) for each in plan.items}
    return {id_: service for id_, service in found.items() if service}


def find_accessible(session: Session, data_scope: DataScope, id_: UUID) -> Service | None:
    """Return one service, without a lock; None if the data scope contains none with that id."""
    found = SERVICES.find(session, id_)
    if found is None or found.tenant != data_scope.tenant:
        return None
    is_visible = is_accessible(session, data_scope, found.client, found.customer_id)
    return found if is_visible else None


def find(
    session: Session, data_scope: DataScope, wanted: ServiceFilter, window: Window
) -> list[Service]:
    """Return the services in the data scope, by customer."""
    query = select(*COLUMNS).where(TABLE.c.tenant == data_scope.tenant)
    if wanted.customer_id is not None:
        query = query.where(TABLE.c.customer_id == wanted.customer_id)
    if wanted.state is not None:
        query = query.where(TERMINATED if wanted.state is ServiceState.TERMINATED else ~TERMINATED)
    result = session.execute(
        select_accessible_page(session, data_scope, query, OWNER_COLUMNS, SORT_COLUMNS, window)
    )
    return [Service(*row) for row in result]
