"""Old reservations, and giving back what no plan answers for."""

from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Self, TypeAlias
from uuid import UUID

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.resources import store
from services.resources.api import examples
from services.resources.api.shapes import Shape
from services.resources.domain.question import Question, ask, want_release
from services.resources.domain.states import Move, after
from shared.errors import NotFoundError
from shared.http import Page, RequestCause, Router, ToDesk, ToRead, paged, show, show_all
from shared.http.authorization import allow
from shared.input.numbers import IS_DIGITS
from shared.messaging.unit_of_work import Work
from shared.persistence.list_window import by
from shared.security.caller import Caller

RESERVATIONS = "/ops/v1/reservations"

Viewer: TypeAlias = Annotated[Caller, allow("viewer:read")]
Operator: TypeAlias = Annotated[Caller, allow("ops:fallout")]

router = Router(tags=["reservations"])


class Release(BaseModel):
    """Why a reservation is to be given back."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.RELEASE]})

    reason: Annotated[str, Field(min_length=1, max_length=500)]


class ReservationView(Shape):
    """What is reserved for an order, and whether its plan answers for it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.RESERVATION]})

    order_id: UUID
    since: datetime = Field(description="Reserved at the latest since then.")
    held: str = Field(description="Where the things are shown.")
    asked_at: datetime | None = Field(None, description="When provisioning was asked last.")
    answered_at: datetime | None = None
    is_needed: bool | None = Field(
        None, description="Whether a plan needs all of it; left out until that is answered."
    )
    plan: str = Field("", description="The state of the plan; empty where there is none.")
    release_by: str = Field("", description="Who wants it given back, until that is answered.")
    release_reason: str = ""

    @classmethod
    def of(cls, question: Question) -> Self:
        """Show what is known."""
        return cls(
            order_id=question.order_id,
            since=question.since,
            held=f"/ops/v1/holdings/{question.order_id}",
            asked_at=question.asked_at,
            answered_at=question.answered_at,
            is_needed=question.is_needed,
            plan=question.plan,
            release_by=question.release_by,
            release_reason=question.release_reason,
        )


@router.get(RESERVATIONS, response_model=list[ReservationView])
def list_reservations(
    *,
    caller: Viewer,
    session: ToRead,
    page: Page,
    response: Response,
    older_than: Annotated[
        int, Query(ge=0, le=10**9, description="Age in seconds."), IS_DIGITS
    ] = 3600,
) -> Response:
    """List orders for which things are reserved for long, the oldest first.

    They are looked for once an hour, and provisioning is asked about each once a day.
    """
    before = store.now(session) - timedelta(seconds=older_than)
    found = store.questions.listed(session, caller.tenant, before, page.rows)
    keys = by("since", "order_id")
    shown = [ReservationView.of(each) for each in paged(response, page, found, keys=keys)]
    return show_all(shown, response=response)


@router.get(f"{RESERVATIONS}/{{order_id}}", response_model=ReservationView)
def read_reservation(order_id: UUID, caller: Viewer, session: ToRead) -> Response:
    """Show what is known of one order's reservation."""
    return show(ReservationView.of(store.questions.look(session, caller.tenant, order_id)))


@router.post(f"{RESERVATIONS}/{{order_id}}/release", status_code=202)
async def release_reservation(
    order_id: UUID, asked: Release, caller: Operator, cause: RequestCause, desk: ToDesk
) -> ReservationView:
    """Give back what is reserved for an order, if no plan answers for it.

    Provisioning is asked first: its answer, a moment later, releases the things, or says
    which plan needs them. The history of each thing has who wanted it and why.
    """
    return await desk.serve(cause, partial(release, order_id, caller.person, asked.reason))


def release(order_id: UUID, by: str, reason: str, work: Work) -> ReservationView:
    """Ask whether a plan needs what is reserved; the answer gives it back if none does.

    Raises:
        NotFoundError: if nothing is reserved for a tenant's order of this id.
    """
    held = store.look(work.session, work.tenant, order_id)
    if not any(after(each.state, Move.UNDO) and each.order_id == order_id for each in held):
        msg = "nothing is reserved for an order of this id"
        raise NotFoundError(msg, remedy=f"list what is: GET {RESERVATIONS}?older_than=0")
    known = store.questions.find(work.session, order_id)
    known = known or Question(order_id, work.tenant, since=work.now)
    question = ask(want_release(known, by, reason), work.cause.id, work.now)
    store.questions.put(work.session, question)
    work.note("reservation", str(order_id), "", "release wanted", reason=f"by {by}: {reason}")
    work.emit(question.message)
    work.audit("reservation.release", str(order_id), reason=reason)
    return ReservationView.of(question)
