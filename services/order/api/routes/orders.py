"""Orders over HTTP (TMF622 v4)."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import Query, Response
from msgspec.structs import replace as replace_field
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from services.order import store
from services.order.api.examples.order_requests import ORDER_EXAMPLES
from services.order.api.mapping import OrderBody
from services.order.api.views.base import ORDERS_PATH
from services.order.api.views.history import StateChangeView
from services.order.api.views.order import OrderView, show_order, without_customer_data
from services.order.domain.acceptance.acceptance import accept
from services.order.domain.acceptance.order_header import (
    category_from_orders,
    customer_without_category,
)
from services.order.domain.acceptance.request import PlacementContext, RequestedOrder
from services.order.domain.acceptance.submission import (
    Submission,
    SubmissionKeys,
    find_repeated_submission,
    keyed_fingerprint,
    new_repetitions,
)
from services.order.domain.acceptance.takeover import order_record
from services.order.domain.fulfilment.product import Product
from services.order.domain.fulfilment.progress import Progress, initial_changes
from services.order.domain.fulfilment.states import OrderState
from services.order.domain.order import Order
from services.order.store.order_lists import OrderFilter
from shared.access.access_rule import AccessLevel, DataScope, data_scope_of
from shared.contracts import Causation
from shared.errors import DomainError
from shared.http import (
    CausationDep,
    CommandBatcherDep,
    FieldsDep,
    PageDep,
    ReadSessionDep,
    Router,
    SettingsDep,
    error_responses,
    header,
    list_response,
    paginate,
    view_response,
)
from shared.http.authorization import allow
from shared.input.ids import Id
from shared.input.timestamps import Timestamp
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence import history
from shared.recovery.troubles import check_not_recovering
from shared.security.caller import Caller

router = Router(tags=["orders"])

REPLAYED_HEADER = "Idempotent-Replayed"
"""The header of an answer that was given before."""

PERSONAL_DATA_SCOPES = ("crm:order.read", "viewer:read", "agent:read")
"""Whose holders are shown who the customer is, and what was remarked."""

Reader = Annotated[Caller, allow(*PERSONAL_DATA_SCOPES, "billing:read")]
Writer = Annotated[Caller, allow("crm:order.write")]
IdempotencyKey = Annotated[
    str | None,
    header(
        "Idempotency-Key",
        Annotated[
            str,
            Field(
                min_length=1,
                max_length=255,
                pattern=r"^[\x21-\x7e]+$",
                description="Chosen by the client, a new one for each new order: a request that "
                "is repeated with it gets the first answer again.",
            ),
        ],
    ),
]


class PlaceOrderCommand(NamedTuple):
    """One POST: what it asks for, by whom, and under which names it may be repeated."""

    keys: SubmissionKeys
    order: RequestedOrder
    fingerprint: bytes
    data_scope: DataScope
    """Whose products it may change."""


def preload(session: Session, commands: Sequence[PlaceOrderCommand]) -> None:
    """Read what these POSTs will ask for, with a select for each kind."""
    store.submissions.preload(session, [each.keys for each in commands])
    store.catalogue.preload(session, {each.keys.tenant for each in commands})
    store.products.preload_with_bundles(
        session, [id_ for each in commands for id_ in each.order.product_ids]
    )


@router.post(
    ORDERS_PATH,
    status_code=201,
    response_model=OrderView,
    responses=error_responses(409, 422),
    openapi_extra={"requestBody": {"content": {"application/json": {"examples": ORDER_EXAMPLES}}}},
)
async def place_order(  # noqa: PLR0913  each is a part of the request
    *,
    body: OrderBody,
    caller: Writer,
    cause: CausationDep,
    batcher: CommandBatcherDep,
    settings: SettingsDep,
    idempotency_key: IdempotencyKey,
) -> Response:
    """Place an order.

    It is accepted or refused at once, with every fault named; its fulfilment goes on
    after the answer. An order that is repeated, by its `Idempotency-Key` or its
    `externalId`, gets the first answer again, byte for byte, with the header
    `Idempotent-Replayed: true`. Another body under the same `Idempotency-Key` is
    refused with 422, under the same `externalId` with 409.
    """
    keys = SubmissionKeys(
        caller.tenant, caller.client, idempotency_key, body.order.external_id or None
    )
    fingerprint = keyed_fingerprint(body.fingerprint, settings.person_key.encode())
    command = PlaceOrderCommand(
        keys, body.order, fingerprint, data_scope_of(caller, AccessLevel.CHANGE)
    )
    submission = await batcher.execute(
        cause, partial(accept_or_replay, command), preload=preload, preload_key=command
    )
    headers = {"Location": f"{ORDERS_PATH}/{submission.order_id}"}
    if submission.order_id != cause.id:
        headers[REPLAYED_HEADER] = "true"
    return Response(submission.answer, 201, headers, media_type="application/json")


def accept_or_replay(command: PlaceOrderCommand, work: UnitOfWork) -> Submission:
    """Accept an order, unless it was before; return the answer either way.

    Raises:
        DomainError: if something is wrong with it.
        UnavailableError: if it is about a product that a restored database may lack still.
    """
    keys = command.keys
    known = find_repeated_submission(
        *store.submissions.find(work.session, keys), command.fingerprint
    )
    if known:
        for again in new_repetitions(known, keys, work.cause.id):
            store.submissions.add_repetition(work.session, again)
        return known
    context = placement_context(command, work)
    catalogue = store.catalogue.get(work.session, keys.tenant)
    found = store.products.find_with_bundles(work.session, command.order.product_ids)
    products = store.products.filter_within_reach(work.session, command.data_scope, found)
    try:
        accepted = accept(command.order, context, catalogue, products)
    except DomainError:
        if command.order.product_ids:
            check_not_recovering(work.session)
        raise
    submission = new_submission(keys, command.fingerprint, accepted.order, accepted.progress)
    store_order(work, accepted.order, accepted.progress, accepted.disconnected_products, submission)
    work.publish(replace_field(accepted.message, record=order_record(accepted.order, submission)))
    return submission


def placement_context(command: PlaceOrderCommand, work: UnitOfWork) -> PlacementContext:
    """Return what the request itself does not say; earlier orders are read where it is needed."""
    tenant, client = command.keys.tenant, command.keys.client
    party_id = customer_without_category(command.order)
    before = (
        store.orders.newest_contents(work.session, tenant, client, party_id) if party_id else ()
    )
    person = acting_person(work.cause)
    return PlacementContext(
        work.cause.id, tenant, client, work.now, person, category_from_orders(before)
    )


def acting_person(cause: Causation) -> str:
    """Return who placed an order, where it is somebody else than the client itself."""
    return "" if cause.actor == cause.client else cause.actor


def store_order(
    work: UnitOfWork,
    order: Order,
    progress: Progress,
    disconnected: Iterable[Product],
    submission: Submission,
) -> None:
    """Store a new order, the products that it is to take away, and the answer to its client."""
    store.submissions.add(work.session, submission)
    store.orders.add(work.session, order, progress)
    store.products.put_all(work.session, changed=disconnected)
    for change in initial_changes(progress):
        work.record_change(change.kind, order.id, change.was, change.became, part=change.part)


def new_submission(
    keys: SubmissionKeys, fingerprint: bytes, order: Order, progress: Progress
) -> Submission:
    """Return the answer to a POST, as it is kept for those who ask again."""
    view = show_order(order, progress)
    return Submission(
        id=order.id,
        **keys._asdict(),
        order_id=order.id,
        fingerprint=fingerprint,
        answer=view.model_dump_json(by_alias=True, exclude_none=True).encode(),
    )


class OrderQuery(BaseModel):
    """Which orders are wanted, as the URL says it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    state: OrderState | None = None
    external_id: Annotated[Id | None, Field(alias="externalId")] = None
    party_id: Annotated[Id | None, Field(alias="relatedParty.id")] = None
    ordered_from: Annotated[Timestamp | None, Field(alias="orderDate.gte")] = None
    """Orders of this moment and later, with its zone: `2026-01-31T12:00:00Z`."""

    ordered_until: Annotated[Timestamp | None, Field(alias="orderDate.lte")] = None
    """Orders of this moment and earlier."""


def order_filter(caller: Caller, query: OrderQuery) -> OrderFilter:
    """Return which orders are wanted; a CRM sees its own, and what is shared with it."""
    return OrderFilter(
        data_scope=data_scope_of(caller),
        state=query.state,
        external_id=query.external_id,
        party_id=query.party_id,
        ordered_from=query.ordered_from,
        ordered_until=query.ordered_until,
    )


@router.get(ORDERS_PATH, response_model=list[OrderView])
def list_orders(  # noqa: PLR0913  each is a part of the request
    *,
    query: Annotated[OrderQuery, Query()],
    caller: Reader,
    session: ReadSessionDep,
    page: PageDep,
    fields: FieldsDep,
    response: Response,
) -> Response:
    """List orders, the newest first. 206 says that there are more behind this page.

    `X-Total-Count` is given where it costs nothing: when the last order is on the page.
    """
    found = store.order_lists.find(session, order_filter(caller, query), page.window)
    listed = paginate(response, page, found, keys=lambda each: (each[0].id,))
    shown = [order_view_for(caller, *each) for each in listed]
    return list_response(shown, fields, response)


@router.get(f"{ORDERS_PATH}/{{id}}", response_model=OrderView)
def read_order(id: UUID, caller: Reader, session: ReadSessionDep, fields: FieldsDep) -> Response:  # noqa: A002  TMF's name
    """Show one order as it stands."""
    order, progress = store.orders.get_within_reach(session, data_scope_of(caller), id)
    return view_response(order_view_for(caller, order, progress), fields)


def order_view_for(caller: Caller, order: Order, progress: Progress) -> OrderView:
    """Return an order as a caller is shown it: to billing alone, without the customer's person."""
    view = show_order(order, progress)
    return view if caller.may(*PERSONAL_DATA_SCOPES) else without_customer_data(view)


@router.get("/ops/v1/orders/{id}/history")
def read_history(id: UUID, caller: Reader, session: ReadSessionDep) -> list[StateChangeView]:  # noqa: A002
    """List every change of state of an order and its items, oldest first."""
    order, _ = store.orders.get_within_reach(session, data_scope_of(caller), id)
    return [StateChangeView.of(each) for each in history.read(session, order.tenant, str(order.id))]
