"""Orders (TMF622 v4), and their history."""

from functools import partial
from typing import Annotated, TypeAlias
from uuid import UUID

from fastapi import Response
from sqlalchemy.orm import Session

from services.order import store
from services.order.api.examples import orders as examples
from services.order.api.schemas.orders import IdempotencyKey, OrderBody, OrderFilters
from services.order.api.views.orders import (
    OrderView,
    render_answer,
    show_order,
    without_customer_data,
)
from services.order.api.views.state_changes import StateChangeView
from services.order.commands.acceptance_context import PlaceOrderCommand, preload
from services.order.commands.identities import rules_of, secret_of
from services.order.commands.place_order import accept_or_replay
from services.order.domain.acceptance.real_name import has_checks, with_identity
from services.order.domain.acceptance.request import RequestedOrder
from services.order.domain.acceptance.submission import SubmissionKeys, keyed_fingerprint
from services.order.domain.fulfilment.progress import Progress
from services.order.domain.order import Order
from shared.access.access_rule import AccessLevel, data_scope_of, require_visible
from shared.http import (
    CausationDep,
    CommandBatcherDep,
    FieldsDep,
    PageDep,
    ReadSessionDep,
    Router,
    SettingsDep,
    error_responses,
    list_response,
    paginate,
    view_response,
)
from shared.http.authorization import allow
from shared.http.collection_paths import OPS_PATH, ORDERS_PATH
from shared.persistence import history
from shared.recovery.troubles import remedy_if_lost
from shared.security.caller import Caller

REPLAYED_HEADER = "Idempotent-Replayed"
"""Set on a response that repeats an earlier one."""

PERSONAL_DATA_SCOPES = ("crm:order.read", "viewer:read", "agent:read")
"""Scopes that show the customer's name, and the description and notes of an order."""

OrderReader: TypeAlias = Annotated[Caller, allow(*PERSONAL_DATA_SCOPES, "billing:read")]
OrderWriter: TypeAlias = Annotated[Caller, allow("crm:order.write")]

BODY_DESCRIPTION = {
    "requestBody": {"content": {"application/json": {"examples": examples.ORDER_REQUESTS}}}
}

router = Router(tags=["orders"])


@router.post(
    ORDERS_PATH,
    status_code=201,
    response_model=OrderView,
    responses=error_responses(409, 422),
    openapi_extra=BODY_DESCRIPTION,
)
async def place_order(  # noqa: PLR0913  each is a part of the request
    *,
    body: OrderBody,
    caller: OrderWriter,
    cause: CausationDep,
    batcher: CommandBatcherDep,
    settings: SettingsDep,
    idempotency_key: IdempotencyKey,
) -> Response:
    """Place an order.

    It is accepted or refused at once, with every fault named; its fulfilment continues
    after the response. An order that is repeated, by its `Idempotency-Key` or its
    `externalId`, gets the first response again, byte for byte, with the header
    `Idempotent-Replayed: true`. Another body under the same `Idempotency-Key` is
    refused with 422, under the same `externalId` with 409.
    """
    keys = SubmissionKeys(
        caller.tenant, caller.client, idempotency_key, body.order.external_id or None
    )
    fingerprint = keyed_fingerprint(body.fingerprint, settings.person_key.encode())
    order = with_identity_key(body.order, caller.tenant, settings.person_key)
    command = PlaceOrderCommand(keys, order, fingerprint, data_scope_of(caller, AccessLevel.CHANGE))
    submission = await batcher.execute(
        cause,
        partial(accept_or_replay, command, render_answer),
        preload=preload,
        preload_key=command,
    )
    headers = {"Location": f"{ORDERS_PATH}/{submission.order_id}"}
    if submission.order_id != cause.id:
        headers[REPLAYED_HEADER] = "true"
    return Response(submission.answer, 201, headers, media_type="application/json")


def with_identity_key(order: RequestedOrder, tenant: str, person_key: str) -> RequestedOrder:
    """Return an order with the key of its customer's identity instead of a document's number.

    Raises:
        UnavailableError: if it carries a real-name check, and the installation has no secret.
    """
    if not has_checks(order):
        return order
    return with_identity(order, secret_of(tenant, person_key), rules_of(tenant))


@router.get(ORDERS_PATH, response_model=list[OrderView])
def list_orders(  # noqa: PLR0913  each is a part of the request
    *,
    query: OrderFilters,
    caller: OrderReader,
    session: ReadSessionDep,
    page: PageDep,
    fields: FieldsDep,
    response: Response,
) -> Response:
    """List orders, newest first. 206 says that more orders follow this page.

    `X-Total-Count` is given where it costs nothing: when the last order is on the page.
    """
    found = store.order_lists.find(session, query.to_filter(caller), page.window)
    listed = paginate(response, page, found, keys=lambda each: (each[0].id,))
    shown = [order_view_for(caller, *each) for each in listed]
    return list_response(shown, fields, response)


@router.get(f"{ORDERS_PATH}/{{id}}", response_model=OrderView)
def read_order(
    id: UUID,  # noqa: A002  TMF's name
    caller: OrderReader,
    session: ReadSessionDep,
    fields: FieldsDep,
) -> Response:
    """Show one order with its current state."""
    order, progress = require_order(session, caller, id)
    return view_response(order_view_for(caller, order, progress), fields)


@router.get(f"{OPS_PATH}/orders/{{id}}/history")
def read_history(
    id: UUID,  # noqa: A002  as in read_order
    caller: OrderReader,
    session: ReadSessionDep,
) -> list[StateChangeView]:
    """List every change of state of an order and its items, oldest first."""
    order, _ = require_order(session, caller, id)
    return [StateChangeView.of(each) for each in history.read(session, order.tenant, str(order.id))]


def require_order(session: Session, caller: Caller, id_: UUID) -> tuple[Order, Progress]:
    """Return an order that a caller may see, with its progress.

    Raises:
        NotVisibleError: if there is none; its remedy says so if a restore may have lost it.
    """
    found = store.orders.find_accessible(session, data_scope_of(caller), id_)
    remedy = "" if found else remedy_if_lost(session, id_)
    return require_visible(found, kind="order", id_=id_, remedy=remedy)


def order_view_for(caller: Caller, order: Order, progress: Progress) -> OrderView:
    """Return an order as a view; to a caller with billing scopes alone, without customer data."""
    view = show_order(order, progress)
    return view if caller.may(*PERSONAL_DATA_SCOPES) else without_customer_data(view)
