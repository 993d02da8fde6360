"""What endpoints ask for: a session to read with, the desk, the cause, the settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, TypeAlias

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from shared.config.settings import Settings
from shared.contracts import Cause
from shared.http.arguments import Given, Lent
from shared.http.command_batcher import Desk
from shared.http.visit import visit_of


def desk_of(request: Request) -> Desk:
    """Return the desk of this service."""
    desk: Desk = request.app.state.desk
    return desk


def settings_of(request: Request) -> Settings:
    """Return the settings of this process."""
    settings: Settings = request.app.state.settings
    return settings


def cause_of(request: Request) -> Cause:
    """Return a request as the cause of what is done for it."""
    visit = visit_of(request)
    who = visit.caller
    if who is None:
        return Cause(visit.id, visit.correlation_id, "", "", visit.traceparent)
    acting = (who.person, who.client, who.role)
    return Cause(visit.id, visit.correlation_id, who.tenant, "", visit.traceparent, *acting)


@contextmanager
def reading(request: Request) -> Iterator[Session]:
    """Open a session that sees one moment of the database and cannot write."""
    session: Session = request.app.state.reading()
    try:
        yield session
    finally:
        session.close()


ToDesk: TypeAlias = Annotated[Desk, Depends(Given(desk_of))]
"""For endpoints that change something: the answer comes after the commit."""

ToSettings: TypeAlias = Annotated[Settings, Depends(Given(settings_of))]

RequestCause: TypeAlias = Annotated[Cause, Depends(Given(cause_of))]
"""For endpoints that change something: its id is fresh and ordered by time."""

ToRead: TypeAlias = Annotated[Session, Depends(Lent(reading))]
"""For endpoints that only look. Declare them with `def`: they run in a thread."""
