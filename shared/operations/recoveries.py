"""Endpoints on recoveries, for operators and CRMs: when a database was restored, what is lost."""

from functools import partial
from typing import Annotated
from uuid import UUID

from shared.errors import NotFoundError
from shared.http import CausationDep, CommandBatcherDep, ReadSessionDep, Router, SettingsDep
from shared.http.authorization import allow
from shared.http.collection_paths import OPS_PATH
from shared.messaging.unit_of_work import UnitOfWork
from shared.operations.views import RecoveryView
from shared.recovery.recovery_store import RecoveryRow, all_recoveries
from shared.security.caller import Caller

RecoveryReader = Annotated[Caller, allow("viewer:read", "crm:order.read")]
Operator = Annotated[Caller, allow("ops:replay", installation_tenant_only=True)]

always_available_router = Router(
    prefix=OPS_PATH, tags=["operations"], requires_proven_database=False
)
router = Router(prefix=OPS_PATH, tags=["operations"])


@always_available_router.get("/recoveries")
def list_recoveries(
    caller: RecoveryReader, session: ReadSessionDep, settings: SettingsDep
) -> list[RecoveryView]:
    """List every time that the database was restored to an earlier state, the latest first.

    What was accepted between `lost_from` and `lost_until` and not yet published is lost: a
    CRM sends its orders of that time again with their externalId, which creates no duplicates.
    All tenants see the list; only the tenant that runs the installation sees `acknowledged_by`.
    """
    shown = [RecoveryView.of(row) for row in all_recoveries(session)]
    return shown if caller.tenant == settings.tenant else [each.without_person() for each in shown]


@router.post("/recoveries/{id}/acknowledge")
async def acknowledge_recovery(
    id: UUID,  # noqa: A002  TMF's name
    caller: Operator,
    cause: CausationDep,
    batcher: CommandBatcherDep,
) -> RecoveryView:
    """Acknowledge what a recovery could not restore: this ends its trouble."""
    return await batcher.execute(cause, partial(acknowledge, id, caller.person))


def acknowledge(id_: UUID, person: str, work: UnitOfWork) -> RecoveryView:
    """Store who acknowledged a recovery; the first one stays.

    Raises:
        NotFoundError: if there is no recovery with that id.
    """
    row = work.session.get(RecoveryRow, id_)
    if row is None:
        msg = f"there is no recovery {id_}; see GET /ops/v1/recoveries"
        raise NotFoundError(msg)
    if row.acknowledged_at is None:
        row.acknowledged_at, row.acknowledged_by = work.now, person
        work.session.flush()
        work.audit("recovery.acknowledge", str(id_))
    return RecoveryView.of(row)
