"""Telling the other services which blueprints there are."""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from services.provisioning.domain.publication import newest
from services.provisioning.store.blueprints import read_own
from services.provisioning.tables import EditionRow
from shared.contracts import BlueprintName, BlueprintsPublished, Cause
from shared.ids import named_id
from shared.messaging.after_commit import Dispatch
from shared.messaging.unit_of_work import Transaction, Work

STARTS = UUID("5a0d0b36-9b1f-5a51-9f0e-6d2a3f0f7c55")
"""Names what a start tells, by tenant and edition."""

UNTOLD = select(EditionRow.tenant, EditionRow.edition).where(EditionRow.told != EditionRow.edition)


def announce(work: Work, tenant: str) -> None:
    """Tell which blueprints a tenant has of its own, or all tenants share."""
    session = work.session
    names = tuple(
        BlueprintName(specification=each.specification, action=each.action, version=each.version)
        for each in newest(read_own(session, tenant)).values()
    )
    work.emit(BlueprintsPublished(owner_tenant=tenant, blueprints=names))
    mine = update(EditionRow).where(EditionRow.tenant == tenant)
    session.execute(mine.values(told=EditionRow.edition))


def announce_untold(session: Session) -> None:
    """Tell of blueprints that no request has told of: those shipped, and those of before.

    Done at every start; one process at a time looks, and each edition is told once.
    """
    transaction = Transaction(session, session.execute(select(func.now())).scalar_one())
    rows = session.execute(UNTOLD.order_by(EditionRow.tenant).with_for_update()).all()
    for tenant, edition in rows:
        id_ = named_id(STARTS, f"{tenant}/{edition.hex()}")
        announce(transaction.work(Cause(id_, id_, tenant)), tenant)
    transaction.finish(Dispatch(STARTS))  # sent from the table, once the process runs
