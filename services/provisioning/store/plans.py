"""The store of plans."""

from collections.abc import Collection, Iterable
from dataclasses import fields
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.provisioning.domain.plan.plan import Plan
from services.provisioning.tables import PlanRow
from shared.persistence.bulk import table_of
from shared.persistence.repository import Repository

PLANS = Repository(PlanRow, Plan)
TABLE = table_of(PlanRow)
COLUMNS = [TABLE.c[field.name] for field in fields(Plan)]

get_for_update = PLANS.get_for_update
expect_for_update = PLANS.expect_for_update


def preload(session: Session, order_ids: Iterable[UUID]) -> None:
    """Read the plans of these orders."""
    PLANS.preload(session, list(order_ids))


def find_in_tenant(session: Session, tenant: str, order_id: UUID) -> Plan | None:
    """Return the plan of a tenant's order, without a lock; None if there is none (yet)."""
    return only_in_tenant(PLANS.find(session, order_id), tenant)


def find_in_tenant_for_update(session: Session, tenant: str, order_id: UUID) -> Plan | None:
    """Return the plan of a tenant's order, locked until the transaction ends; None without one."""
    return only_in_tenant(PLANS.find_for_update(session, order_id), tenant)


def only_in_tenant(plan: Plan | None, tenant: str) -> Plan | None:
    """Return a plan that was found; None if it is another tenant's."""
    return plan if plan and plan.tenant == tenant else None


def of_orders(session: Session, order_ids: Collection[UUID]) -> dict[UUID, Plan]:
    """Return the plans of these orders, without locks."""
    rows = session.execute(select(*COLUMNS).where(TABLE.c.order_id.in_(order_ids)))
    return {row[0]: Plan(*row) for row in rows}
