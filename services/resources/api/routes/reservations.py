"""Old reservations, and the release of those that no plan needs."""

from datetime import timedelta
from functools import partial
from uuid import UUID

from fastapi import Response

from services.resources import store
from services.resources.api.schemas.reservations import MinimumAge, ReleaseSchema
from services.resources.api.views.reservations import ReservationView
from services.resources.commands.reservations import request_release
from shared.access.access_rule import require_visible
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
from shared.http.callers import FalloutOperator, Viewer
from shared.http.collection_paths import OPS_PATH
from shared.persistence.database import transaction_time
from shared.persistence.pagination import attributes_getter

RESERVATIONS_PATH = f"{OPS_PATH}/reservations"

router = Router(tags=["reservations"])


@router.get(RESERVATIONS_PATH, response_model=list[ReservationView])
def list_reservations(
    *,
    caller: Viewer,
    session: ReadSessionDep,
    page: PageDep,
    response: Response,
    older_than: MinimumAge = 3600,
) -> Response:
    """List orders with old reservations, the oldest first.

    Old reservations are searched once an hour; provisioning is asked about each once a day.
    """
    before = transaction_time(session) - timedelta(seconds=older_than)
    found = store.reservation_reviews.find_page(session, caller.tenant, before, page.window)
    keys = attributes_getter("since", "order_id")
    shown = [ReservationView.of(each) for each in paginate(response, page, found, keys=keys)]
    return list_response(shown, response=response)


@router.get(f"{RESERVATIONS_PATH}/{{order_id}}", response_model=ReservationView)
def read_reservation(order_id: UUID, caller: Viewer, session: ReadSessionDep) -> Response:
    """Show the question about one order's reservation."""
    found = store.reservation_reviews.find_in_tenant(session, caller.tenant, order_id)
    question = require_visible(found, kind="reservation question", id_=order_id)
    return view_response(ReservationView.of(question))


@router.post(f"{RESERVATIONS_PATH}/{{order_id}}/release", status_code=202)
async def release_reservation(
    order_id: UUID,
    body: ReleaseSchema,
    caller: FalloutOperator,
    cause: CausationDep,
    batcher: CommandBatcherDep,
) -> ReservationView:
    """Release what is reserved for an order, if no plan needs it.

    Provisioning is asked first: its answer, a moment later, releases the resources, or says
    which plan needs them. The history of each resource has who requested it and why.
    """
    command = partial(request_release, order_id, caller.person, body.reason)
    return ReservationView.of(await batcher.execute(cause, command))
