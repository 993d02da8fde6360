"""Operations endpoints of every service: its state, its part of a journey, its dead letters.

The answers name no customer: a message is shown by its type, without its content. A journey
names numbers and lines, as the view of their holder does: both have the same readers.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, TypeAlias
from uuid import UUID

from fastapi import Depends, FastAPI, Path, Request
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from shared.config.settings import Settings
from shared.errors import NotFoundError, UnavailableError
from shared.health.monitor import Monitor
from shared.http import CausationDep, CommandBatcherDep, ReadSessionDep, Router
from shared.http.authorization import allow
from shared.http.callers import NetworkViewer, StateViewer, Viewer
from shared.http.collection_paths import OPS_PATH
from shared.http.dependencies import DirectDependency
from shared.http.position_paging import MAX_POSITION, AfterPosition, PositionLimit
from shared.input.numbers import IS_DIGITS
from shared.messaging import archive_reader, dead_letters
from shared.messaging.commit_context import CommitContext
from shared.messaging.dispatcher import Dispatcher, Subscriptions
from shared.messaging.publisher import Publisher
from shared.messaging.redelivery import redeliver
from shared.messaging.unit_of_work import UnitOfWork
from shared.operations import audit_and_approvals, recoveries
from shared.operations.non_empty_tables import non_empty_tables
from shared.operations.views import (
    JourneyEntryView,
    LagView,
    NonEmptyTablesView,
    ParkedView,
    RedeliveryView,
    StateView,
)
from shared.persistence import history
from shared.persistence.database import Sessions
from shared.security.caller import Caller
from shared.service_definition import OrderChangesReader, no_changes

Operator = Annotated[Caller, allow("ops:replay")]

Position: TypeAlias = Annotated[int, Path(ge=1, le=MAX_POSITION), IS_DIGITS]


@dataclass(frozen=True, slots=True)
class OperationsContext:
    """What the operations endpoints need."""

    settings: Settings
    sessions: Sessions
    publisher: Publisher
    subscriptions: Subscriptions
    monitor: Monitor
    read_order_changes: OrderChangesReader = no_changes


def get_operations_context(request: Request) -> OperationsContext:
    """Return the operations context of this API."""
    operations: OperationsContext = request.app.state.operations
    return operations


def set_operations_context(api: FastAPI, operations: OperationsContext) -> None:
    """Set the operations context of an API."""
    api.state.operations = operations


OperationsDep: TypeAlias = Annotated[
    OperationsContext, Depends(DirectDependency(get_operations_context))
]

always_available_router = Router(
    prefix=OPS_PATH, tags=["operations"], requires_proven_database=False
)
"""Routes that answer also while the database is unproven."""

router = Router(prefix=OPS_PATH, tags=["operations"])


@always_available_router.get("/state")
async def read_state(_: StateViewer, operations: OperationsDep) -> StateView:
    """Return the state of the service and its troubles.

    It answers during an outage too; values that are then unknown are null.
    """
    report = await operations.monitor.report()
    return StateView.of(operations.settings.service, operations.publisher.is_direct, report)


@always_available_router.get("/lag")
async def read_lag(_: StateViewer, operations: OperationsDep) -> LagView:
    """Return the lag of the service on its topics."""
    report = await operations.monitor.report()
    if report.lag is None:
        msg = "Kafka does not answer; see GET /ops/v1/state"
        raise UnavailableError(msg)
    return LagView.of(report.lag)


@router.get("/holdings")
def read_holdings(
    _: StateViewer, session: ReadSessionDep, operations: OperationsDep
) -> NonEmptyTablesView:
    """Return the tables of the service that hold rows, of any tenant.

    Shipped data does not count: an empty system has no such tables.
    """
    name = operations.settings.service
    return NonEmptyTablesView(service=name, holds=non_empty_tables(session, name))


@router.get("/journeys/{subject}")
def read_journey(
    subject: str, caller: NetworkViewer, session: ReadSessionDep, operations: OperationsDep
) -> list[JourneyEntryView]:
    """Return this service's part of what happened to an order, oldest first.

    Network staff do not see changes of a customer (erasures).
    """
    entries = journey_of(operations, session, caller.tenant, subject)
    if caller.may("viewer:read"):
        return entries
    return [each for each in entries if each.kind != history.PARTY_KIND]


@router.get("/parked")
def list_parked(
    caller: Viewer,
    session: ReadSessionDep,
    operations: OperationsDep,
    after: AfterPosition = 0,
    limit: PositionLimit = 20,
) -> list[ParkedView]:
    """List the tenant's dead letters, oldest first.

    Those without a tenant are listed for the tenant that runs the installation.
    """
    rows = dead_letters.list_open(
        session, visible_dead_letters_condition(operations, caller), limit=limit, after=after
    )
    return [ParkedView.of(row) for row in rows]


@router.post("/parked/{position}/retry")
async def retry_parked(
    position: Position,
    caller: Operator,
    cause: CausationDep,
    batcher: CommandBatcherDep,
    operations: OperationsDep,
) -> RedeliveryView:
    """Redeliver a dead letter and the later ones of its key, until one fails again."""
    key = await batcher.execute(
        cause,
        partial(audit_redelivery, visible_dead_letters_condition(operations, caller), position),
    )
    return await operations.publisher.writer.commit(partial(redeliver_key, operations, key))


def visible_dead_letters_condition(
    operations: OperationsContext, caller: Caller
) -> ColumnElement[bool]:
    """Return the condition for the dead letters that a caller may see and redeliver."""
    return dead_letters.tenant_condition(caller.tenant, operations.settings.tenant)


def audit_redelivery(visible: ColumnElement[bool], position: int, work: UnitOfWork) -> bytes:
    """Record in the audit who redelivers a dead letter; return its key.

    Raises:
        NotFoundError: if the caller may see no dead letter at that position.
    """
    row = dead_letters.get_open(work.session, visible, position)
    if row is None:
        msg = f"no message is parked at {position}; see GET /ops/v1/parked"
        raise NotFoundError(msg)
    work.audit("parked.release", f"{row.type}/{row.identity}")
    return row.key


def journey_of(
    operations: OperationsContext, session: Session, tenant: str, subject: str
) -> list[JourneyEntryView]:
    """Return the messages of a subject and the changes of it, or caused by it, in order of time."""
    service, key = operations.settings.service, _uuid_or_none(subject)
    own_changes = history.read(session, tenant, subject)
    other_changes = operations.read_order_changes(session, tenant, key) if key else ()
    changes = [
        JourneyEntryView(
            at=each.at,
            service=service,
            kind=each.kind,
            what=what,
            was=each.was,
            became=each.became,
            reason=each.reason,
            actor=each.actor,
        )
        for each, what in (
            *((each, each.part) for each in own_changes),
            *((each, each.subject) for each in other_changes),
        )
    ]
    messages = [
        JourneyEntryView(at=at, service=service, kind="message", what=type_, sequence=sequence)
        for at, type_, sequence in (
            archive_reader.list_published(session, tenant, key) if key else ()
        )
    ]
    return sorted([*changes, *messages], key=lambda each: each.at)


def _uuid_or_none(subject: str) -> UUID | None:
    try:
        return UUID(subject)
    except ValueError:
        return None


def redeliver_key(
    operations: OperationsContext, key: bytes, commit_context: CommitContext
) -> RedeliveryView:
    """Redeliver the dead letters of a key. A key belongs to one tenant."""
    dispatcher = Dispatcher(operations.sessions, operations.subscriptions)
    handled = redeliver(operations.sessions, dispatcher, key, datetime.now(UTC), commit_context)
    with operations.sessions.begin() as session:
        return RedeliveryView(handled=handled, still_parked=dead_letters.count_of_key(session, key))


OPERATIONS_ROUTERS = (
    always_available_router,
    recoveries.always_available_router,
    router,
    audit_and_approvals.router,
    recoveries.router,
)
"""The operations endpoints of every service; they need `set_operations_context`."""
