"""What operators may ask of every service: its state, its part of a journey, what is parked.

The answers name no customer: of a message they tell the type, not what is in it. A number
or a line on a journey is named, as in its holder's view: who may see the one may see the other.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, TypeAlias
from uuid import UUID

from fastapi import Path, Query
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from shared import history, parking, recall
from shared.auth import allow
from shared.caller import Caller
from shared.db import Sessions
from shared.dispatch import Dispatch
from shared.errors import NotFoundError, UnavailableError
from shared.holdings import holdings
from shared.http import RequestCause, Router, ToDesk, ToRead
from shared.inbox import Receiver, Subscriptions
from shared.input.numbers import IS_DIGITS
from shared.monitor import Monitor
from shared.ops_people import add_people
from shared.ops_recoveries import add_acknowledgement, add_recoveries
from shared.ops_views import HoldingsView, LagView, MomentView, ParkedView, ReleasedView, StateView
from shared.relay import Relay
from shared.release import release
from shared.service import ForOrder, no_changes
from shared.settings import Settings
from shared.work import Work

Viewer = Annotated[Caller, allow("viewer:read")]
Watcher = Annotated[Caller, allow("viewer:read", "network:read", "analyst:read")]
"""Who may see how a service is doing: nothing in it is about a customer."""

Planner = Annotated[Caller, allow("viewer:read", "network:read")]
Operator = Annotated[Caller, allow("ops:replay")]

HIGHEST = 2**63 - 1
"""The last position that a table can have."""

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


def make_ops_router(desks: Desks) -> Router:
    """Return the endpoints that every service has for its operators."""
    router = Router(prefix="/ops/v1", tags=["operations"])
    prompt = Router(prefix="/ops/v1", tags=["operations"], needs_proof=False)
    add_state(prompt, desks)
    add_holdings(router, desks)
    add_recoveries(prompt)
    add_journeys(router, desks)
    add_parked(router, desks)
    add_people(router)
    add_acknowledgement(router)
    router.routes[:0] = prompt.routes
    return router


def add_state(router: Router, desks: Desks) -> None:
    """Add what shows how the service is doing."""

    @router.get("/state")
    async def read_state(_: Watcher) -> StateView:
        """Return how the service is doing, and what is wrong with it.

        It is answered whatever is out; what is not known for that is null.
        """
        report = await desks.monitor.report()
        return StateView.of(desks.settings.service, desks.relay.is_direct, report)

    @router.get("/lag")
    async def read_lag(_: Watcher) -> LagView:
        """Return how far the service is behind on its topics."""
        report = await desks.monitor.report()
        if report.lag is None:
            msg = "Kafka does not tell now; see GET /ops/v1/state"
            raise UnavailableError(msg)
        return LagView.of(report.lag)


def add_holdings(router: Router, desks: Desks) -> None:
    """Add what shows whether the service holds anything."""

    @router.get("/holdings")
    def read_holdings(_: Watcher, session: ToRead) -> HoldingsView:
        """Return what kinds of things the service holds, of whichever tenant.

        What it is shipped with does not count: of an empty system nothing is named.
        """
        name = desks.settings.service
        return HoldingsView(service=name, holds=holdings(session, name))


def add_journeys(router: Router, desks: Desks) -> None:
    """Add what shows what the service did for an order."""

    @router.get("/journeys/{subject}")
    def read_journey(subject: str, caller: Planner, session: ToRead) -> list[MomentView]:
        """Return this service's part of what happened to an order, oldest first.

        What was done to a customer, an erasure, is not there for planners.
        """
        moments = journey(desks, session, caller.tenant, subject)
        if caller.may("viewer:read"):
            return moments
        return [each for each in moments if each.kind != history.PARTY]


def add_parked(router: Router, desks: Desks) -> None:
    """Add what shows parked messages, and has them handled once more."""

    @router.get("/parked")
    def list_parked(
        caller: Viewer,
        session: ToRead,
        after: Annotated[
            int, Query(ge=0, le=HIGHEST, description="Only positions beyond this."), IS_DIGITS
        ] = 0,
        limit: Annotated[int, Query(ge=1, le=100), IS_DIGITS] = 20,
    ) -> list[ParkedView]:
        """List the tenant's parked messages, oldest first.

        Those that name no tenant are listed for the tenant that runs the installation.
        """
        rows = parking.waiting(session, parked_of(desks, caller), limit=limit, after=after)
        return [ParkedView.of(row) for row in rows]

    @router.post("/parked/{position}/retry")
    async def retry_parked(
        position: Position, caller: Operator, cause: RequestCause, desk: ToDesk
    ) -> ReleasedView:
        """Handle a parked message and those behind it, until one is hopeless still."""
        key = await desk.serve(cause, partial(note_release, parked_of(desks, caller), position))
        return await desks.relay.commit(partial(retry, desks, key))


def parked_of(desks: Desks, caller: Caller) -> ColumnElement[bool]:
    """Return what is true of the parked messages that a caller may see and release."""
    return parking.belongs_to(caller.tenant, desks.settings.tenant)


def note_release(whose: ColumnElement[bool], position: int, work: Work) -> bytes:
    """Keep in the audit who has a parked message handled once more; return its key.

    Raises:
        NotFoundError: if nothing of the caller's is parked at that position.
    """
    row = parking.at(work.session, whose, position)
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
        for at, type_, sequence in (recall.tellings(session, tenant, key) if key else ())
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
        return ReleasedView(handled=handled, still_parked=parking.count_under(session, key))
