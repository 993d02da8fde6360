"""Telling the other services which blueprints there are."""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from services.provisioning.domain.blueprint.publication import newest_versions
from services.provisioning.store.blueprints import read_versions
from services.provisioning.tables import BlueprintEditionRow
from shared.contracts import BlueprintName, BlueprintsPublished, Causation
from shared.ids import named_id
from shared.messaging.after_commit import AfterCommit
from shared.messaging.unit_of_work import Transaction, UnitOfWork

STARTUP_NAMESPACE = UUID("5a0d0b36-9b1f-5a51-9f0e-6d2a3f0f7c55")
"""Names what a start tells, by tenant and edition."""

PENDING_EDITIONS = select(BlueprintEditionRow.tenant, BlueprintEditionRow.edition).where(
    BlueprintEditionRow.told != BlueprintEditionRow.edition
)


def publish_edition(work: UnitOfWork, tenant: str) -> None:
    """Tell which blueprints a tenant has of its own, or all tenants share."""
    session = work.session
    names = tuple(
        BlueprintName(specification=each.specification, action=each.action, version=each.version)
        for each in newest_versions(read_versions(session, tenant)).values()
    )
    work.publish(BlueprintsPublished(owner_tenant=tenant, blueprints=names))
    mine = update(BlueprintEditionRow).where(BlueprintEditionRow.tenant == tenant)
    session.execute(mine.values(told=BlueprintEditionRow.edition))


def publish_pending_editions(session: Session) -> None:
    """Tell of blueprints that no request has told of: those shipped, and those of before.

    Done at every start; one process at a time looks, and each edition is told once.
    """
    transaction = Transaction(session, session.execute(select(func.now())).scalar_one())
    rows = session.execute(
        PENDING_EDITIONS.order_by(BlueprintEditionRow.tenant).with_for_update()
    ).all()
    for tenant, edition in rows:
        id_ = named_id(STARTUP_NAMESPACE, f"{tenant}/{edition.hex()}")
        publish_edition(transaction.unit_of_work(Causation(id_, id_, tenant)), tenant)
    transaction.finish(AfterCommit(STARTUP_NAMESPACE))  # sent from the table, once the process runs
