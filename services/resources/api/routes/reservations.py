"""Old reservations, and giving back what no plan answers for."""

from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Self, TypeAlias
from uuid import UUID

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.resources import store
from services.resources.api.examples import bodies
from services.resources.api.views.base import BaseView
from services.resources.domain.allocation.reservation_question import (
    ReservationQuestion,
    ask,
    with_release_wanted,
)
from services.resources.domain.pool.states import Transition, next_state
from shared.errors import NotFoundError
from shared.http import (
    CausationDep,
    CommandBatcherDep,
    PageDep,
    ReadSessionDep,
    Router,
    list_response,
    paginate,
    view_response,
)
from shared.http.authorization import allow
from shared.input.numbers import IS_DIGITS
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.list_window import key_attributes
from shared.security.caller import Caller

RESERVATIONS_PATH = "/ops/v1/reservations"

Viewer: TypeAlias = Annotated[Caller, allow("viewer:read")]
ReservationOperator: TypeAlias = Annotated[Caller, allow("ops:fallout")]

router = Router(tags=["reservations"])


class ReleaseSchema(BaseModel):
    """Why a reservation is to be given back."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [bodies.RELEASE]})

    reason: Annotated[str, Field(min_length=1, max_length=500)]


class ReservationView(BaseView):
    """What is reserved for an order, and whether its plan answers for it."""

    model_config = ConfigDict(json_schema_extra={"examples": [bodies.RESERVATION]})

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
    def of(cls, question: ReservationQuestion) -> Self:
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


@router.get(RESERVATIONS_PATH, response_model=list[ReservationView])
def list_reservations(
    *,
    caller: Viewer,
    session: ReadSessionDep,
    page: PageDep,
    response: Response,
    older_than: Annotated[
        int, Query(ge=0, le=10**9, description="Age in seconds."), IS_DIGITS
    ] = 3600,
) -> Response:
    """List orders for which things are reserved for long, the oldest first.

    They are looked for once an hour, and provisioning is asked about each once a day.
    """
    before = store.transaction_time(session) - timedelta(seconds=older_than)
    found = store.reservation_questions.find_page(session, caller.tenant, before, page.window)
    keys = key_attributes("since", "order_id")
    shown = [ReservationView.of(each) for each in paginate(response, page, found, keys=keys)]
    return list_response(shown, response=response)


@router.get(f"{RESERVATIONS_PATH}/{{order_id}}", response_model=ReservationView)
def read_reservation(order_id: UUID, caller: Viewer, session: ReadSessionDep) -> Response:
    """Show what is known of one order's reservation."""
    return view_response(
        ReservationView.of(
            store.reservation_questions.get_in_tenant(session, caller.tenant, order_id)
        )
    )


@router.post(f"{RESERVATIONS_PATH}/{{order_id}}/release", status_code=202)
async def release_reservation(
    order_id: UUID,
    asked: ReleaseSchema,
    caller: ReservationOperator,
    cause: CausationDep,
    batcher: CommandBatcherDep,
) -> ReservationView:
    """Give back what is reserved for an order, if no plan answers for it.

    Provisioning is asked first: its answer, a moment later, releases the things, or says
    which plan needs them. The history of each thing has who wanted it and why.
    """
    return await batcher.execute(
        cause, partial(request_release, order_id, caller.person, asked.reason)
    )


def request_release(order_id: UUID, by: str, reason: str, work: UnitOfWork) -> ReservationView:
    """Ask whether a plan needs what is reserved; the answer gives it back if none does.

    Raises:
        NotFoundError: if nothing is reserved for a tenant's order of this id.
    """
    held = store.get_holdings(work.session, work.tenant, order_id)
    if not any(
        next_state(each.state, Transition.UNDO) and each.order_id == order_id for each in held
    ):
        msg = "nothing is reserved for an order of this id"
        raise NotFoundError(msg, remedy=f"list what is: GET {RESERVATIONS_PATH}?older_than=0")
    known = store.reservation_questions.find(work.session, order_id)
    known = known or ReservationQuestion(order_id, work.tenant, since=work.now)
    question = ask(with_release_wanted(known, by, reason), work.cause.id, work.now)
    store.reservation_questions.put(work.session, question)
    work.record_change(
        "reservation", str(order_id), "", "release wanted", reason=f"by {by}: {reason}"
    )
    work.publish(question.message)
    work.audit("reservation.release", str(order_id), reason=reason)
    return ReservationView.of(question)
