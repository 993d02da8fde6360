"""The lists of kinds that are published for provisioning, which validates blueprints with them."""

from uuid import UUID

from sqlalchemy.orm import Session

from services.resources.store import kinds
from shared.contracts import Causation, PoolKindsPublished
from shared.ids import named_id
from shared.messaging.archive_reader import read_published
from shared.messaging.commit_context import CommitContext
from shared.messaging.unit_of_work import Transaction, UnitOfWork
from shared.persistence.database import transaction_time
from shared.persistence.versioned_documents import SHARED_TENANT

STARTUP_NAMESPACE = UUID("6f1f0d0c-2f5b-5a8e-8c63-0f6f4a0c9b11")
"""Namespace of the message ids at a start, by tenant, position and list."""


def publish_list(work: UnitOfWork) -> None:
    """Publish the list of all kinds that the caller's tenant has published."""
    work.publish(current_list(work.session, work.tenant))


def current_list(session: Session, tenant: str) -> PoolKindsPublished:
    """Return the list of a tenant's kinds, or of those of the release."""
    names = kinds.SHIPPED if tenant == SHARED_TENANT else kinds.read_names(session, tenant)
    return PoolKindsPublished(owner_tenant=tenant, kinds=tuple(sorted(names)))


def publish_pending_lists(session: Session) -> None:
    """Publish the lists that differ from those published last: of the release, and of tenants.

    Runs at every start. The archive of published messages says what was published; a lock lets
    one process at a time read a tenant's kinds and publish their list.
    """
    transaction = Transaction(session, transaction_time(session))
    for tenant in (SHARED_TENANT, *kinds.read_tenants(session)):
        kinds.lock(session, tenant)
        message = current_list(session, tenant)
        earlier = [each for _, each in read_published(session, tenant, message.key, type(message))]
        if message not in earlier[-1:]:
            name = f"{tenant}/{len(earlier)}/{','.join(message.kinds)}"
            id_ = named_id(STARTUP_NAMESPACE, name)
            transaction.unit_of_work(Causation(id_, id_, tenant)).publish(message)
    transaction.finish(CommitContext(STARTUP_NAMESPACE))
