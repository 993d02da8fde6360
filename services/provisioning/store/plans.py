"""Plans, from rows and to rows."""

from collections.abc import Collection, Iterable
from dataclasses import fields
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.provisioning.domain.plan.plan import Plan
from services.provisioning.tables import PlanRow
from shared.contracts import OrderMessage
from shared.errors import NotFoundError
from shared.persistence.bulk import table_of
from shared.persistence.repository import Repository

PLANS = Repository(PlanRow, Plan)
TABLE = table_of(PlanRow)
COLUMNS = [TABLE.c[field.name] for field in fields(Plan)]

get_for_update = PLANS.get_for_update
expect = PLANS.expect_for_update
find = PLANS.find_for_update


def preload(session: Session, messages: Iterable[OrderMessage]) -> None:
    """Read the plans that these messages are about."""
    PLANS.preload(session, [each.order_id for each in messages])


def preload_orders(session: Session, order_ids: Iterable[UUID]) -> None:
    """Read the plans of these orders."""
    PLANS.preload(session, list(order_ids))


def get_in_tenant(session: Session, tenant: str, order_id: UUID) -> Plan:
    """Return the plan of a tenant's order, to show it.

    Raises:
        NotFoundError: if the tenant has no such order, or it has no plan yet.
    """
    return check_tenant(PLANS.get(session, order_id), tenant)


def of_orders(session: Session, order_ids: Collection[UUID]) -> dict[UUID, Plan]:
    """Return the plans of these orders, to show them."""
    rows = session.execute(select(*COLUMNS).where(TABLE.c.order_id.in_(order_ids)))
    return {row[0]: Plan(*row) for row in rows}


def get_in_tenant_for_update(session: Session, tenant: str, order_id: UUID) -> Plan:
    """Return the plan of a tenant's order, locked until the transaction ends.

    Raises:
        NotFoundError: if the tenant has no such order, or it has no plan yet.
    """
    return check_tenant(PLANS.get_for_update(session, order_id), tenant)


def check_tenant(plan: Plan, tenant: str) -> Plan:
    """Return a plan if it is the tenant's.

    Raises:
        NotFoundError: if it is another's.
    """
    if plan.tenant != tenant:
        message = f"there is no plan {plan.order_id}"
        raise NotFoundError(message)
    return plan
