"""What operators may ask of every service: its state, its part of a journey, what is parked.

The answers name no customer: of a message they tell the type, not what is in it. A number
or a line on a journey is named, as in its holder's view: who may see the one may see the other.
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
from shared.http import RequestCause, Router, ToDesk, ToRead
from shared.http.arguments import Given
from shared.http.authorization import allow
from shared.http.positions import HIGHEST, After, Few
from shared.input.numbers import IS_DIGITS
from shared.messaging import archive_reader, dead_letters
from shared.messaging.after_commit import Dispatch
from shared.messaging.dispatcher import Receiver, Subscriptions
from shared.messaging.publisher import Relay
from shared.messaging.redelivery import release
from shared.messaging.unit_of_work import Work
from shared.operations import people, recoveries
from shared.operations.holdings import holdings
from shared.operations.views import (
    HoldingsView,
    LagView,
    MomentView,
    ParkedView,
    ReleasedView,
    StateView,
)
from shared.persistence import history
from shared.persistence.database import Sessions
from shared.security.caller import Caller
from shared.service import ForOrder, no_changes

Viewer = Annotated[Caller, allow("viewer:read")]
Watcher = Annotated[Caller, allow("viewer:read", "network:read", "analyst:read")]
"""Who may see how a service is doing: nothing in it is about a customer."""

Planner = Annotated[Caller, allow("viewer:read", "network:read")]
Operator = Annotated[Caller, allow("ops:replay")]

Position: TypeAlias = Annotated[int, Path(ge=1, le=HIGHEST), IS_DIGITS]


@dataclass(frozen=True, slots=True)
class Desks:
    """What the operators' endpoints work on."""

    settings: Settings
    sessions: Sessions
    relay: Relay
    subscriptions: Subscriptions
    monitor: Monitor
    for_order: ForOrder = no_changes


def desks_of(request: Request) -> Desks:
    """Return what the operators' endpoints of this API work on."""
    desks: Desks = request.app.state.desks
    return desks


def serve_operators(api: FastAPI, desks: Desks) -> None:
    """Have the operators' endpoints of an API work on these."""
    api.state.desks = desks


ToDesks: TypeAlias = Annotated[Desks, Depends(Given(desks_of))]

prompt = Router(prefix="/ops/v1", tags=["operations"], needs_proof=False)
"""What is shown whatever the database is worth."""

router = Router(prefix="/ops/v1", tags=["operations"])


@prompt.get("/state")
async def read_state(_: Watcher, desks: ToDesks) -> StateView:
    """Return how the service is doing, and what is wrong with it.

    It is answered whatever is out; what is not known for that is null.
    """
    report = await desks.monitor.report()
    return StateView.of(desks.settings.service, desks.relay.is_direct, report)


@prompt.get("/lag")
async def read_lag(_: Watcher, desks: ToDesks) -> LagView:
    """Return how far the service is behind on its topics."""
    report = await desks.monitor.report()
    if report.lag is None:
        msg = "Kafka does not tell now; see GET /ops/v1/state"
        raise UnavailableError(msg)
    return LagView.of(report.lag)


@router.get("/holdings")
def read_holdings(_: Watcher, session: ToRead, desks: ToDesks) -> HoldingsView:
    """Return what kinds of things the service holds, of any tenant.

    What it is shipped with does not count: of an empty system nothing is named.
    """
    name = desks.settings.service
    return HoldingsView(service=name, holds=holdings(session, name))


@router.get("/journeys/{subject}")
def read_journey(
    subject: str, caller: Planner, session: ToRead, desks: ToDesks
) -> list[MomentView]:
    """Return this service's part of what happened to an order, oldest first.

    What was done to a customer, an erasure, is not there for planners.
    """
    moments = journey(desks, session, caller.tenant, subject)
    if caller.may("viewer:read"):
        return moments
    return [each for each in moments if each.kind != history.PARTY]


@router.get("/parked")
def list_parked(
    caller: Viewer,
    session: ToRead,
    desks: ToDesks,
    after: After = 0,
    limit: Few = 20,
) -> list[ParkedView]:
    """List the tenant's parked messages, oldest first.

    Those that name no tenant are listed for the tenant that runs the installation.
    """
    rows = dead_letters.waiting(session, parked_of(desks, caller), limit=limit, after=after)
    return [ParkedView.of(row) for row in rows]


@router.post("/parked/{position}/retry")
async def retry_parked(
    position: Position, caller: Operator, cause: RequestCause, desk: ToDesk, desks: ToDesks
) -> ReleasedView:
    """Handle a parked message and those behind it, until one is hopeless still."""
    key = await desk.serve(cause, partial(note_release, parked_of(desks, caller), position))
    return await desks.relay.commit(partial(retry, desks, key))


def parked_of(desks: Desks, caller: Caller) -> ColumnElement[bool]:
    """Return what is true of the parked messages that a caller may see and release."""
    return dead_letters.belongs_to(caller.tenant, desks.settings.tenant)


def note_release(whose: ColumnElement[bool], position: int, work: Work) -> bytes:
    """Keep in the audit who has a parked message handled once more; return its key.

    Raises:
        NotFoundError: if nothing of the caller's is parked at that position.
    """
    row = dead_letters.at(work.session, whose, position)
    if row is None:
        msg = f"nothing is parked at {position}; see GET /ops/v1/parked"
        raise NotFoundError(msg)
    work.audit("parked.release", f"{row.type}/{row.identity}")
    return row.key


def journey(desks: Desks, session: Session, tenant: str, subject: str) -> list[MomentView]:
    """Return what was told about a subject and what changed with it, or because of it, by time."""
    service, key = desks.settings.service, _as_key(subject)
    own = history.read(session, tenant, subject)
    others = desks.for_order(session, tenant, key) if key else ()
    changes = [
        MomentView(
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
            *((each, each.part) for each in own),
            *((each, each.subject) for each in others),
        )
    ]
    told = [
        MomentView(at=at, service=service, kind="message", what=type_, sequence=sequence)
        for at, type_, sequence in (archive_reader.tellings(session, tenant, key) if key else ())
    ]
    return sorted([*changes, *told], key=lambda each: each.at)


def _as_key(subject: str) -> UUID | None:
    try:
        return UUID(subject)
    except ValueError:
        return None


def retry(desks: Desks, key: bytes, dispatch: Dispatch) -> ReleasedView:
    """Release what is parked under a key: all of one tenant, as no two share a key."""
    receiver = Receiver(desks.sessions, desks.subscriptions)
    handled = release(desks.sessions, receiver, key, datetime.now(UTC), dispatch)
    with desks.sessions() as session:
        return ReleasedView(handled=handled, still_parked=dead_letters.count_under(session, key))


OPERATIONS = (prompt, recoveries.prompt, router, people.router, recoveries.router)
"""The endpoints that every service has for its operators; see `serve_operators`."""
