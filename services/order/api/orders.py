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
from services.order.api.examples import ORDER_EXAMPLES
from services.order.api.reading import OrderBody
from services.order.api.shown import ORDERS
from services.order.api.views_history import ChangeView
from services.order.api.views_order import OrderView, show_order, without_person
from services.order.domain.acceptance import accept
from services.order.domain.order import Order
from services.order.domain.parties import category_said, customer_unsaid
from services.order.domain.product import Product
from services.order.domain.progress import Progress, first_changes
from services.order.domain.request import GivenOrder, Placed
from services.order.domain.states import State
from services.order.domain.submission import Names, Submission, earlier, repetition, sealed
from services.order.domain.takeover import record_of
from services.order.store.order_lists import OrderFilter
from shared.access.rule import Level, Reach, reach_of
from shared.contracts import Cause
from shared.errors import DomainError
from shared.http import (
    Fields,
    Page,
    RequestCause,
    Router,
    ToDesk,
    ToRead,
    ToSettings,
    header,
    paged,
    refusals,
    show,
    show_all,
)
from shared.http.authorization import allow
from shared.input.ids import Id
from shared.input.timestamps import Timestamp
from shared.messaging.unit_of_work import Work
from shared.persistence import history
from shared.recovery.troubles import must_be_read
from shared.security.caller import Caller

router = Router(tags=["orders"])

REPEATED = "Idempotent-Replayed"
"""The header of an answer that was given before."""

SEE_PERSONS = ("crm:order.read", "viewer:read", "agent:read")
"""Whose holders are shown who the customer is, and what was remarked."""

Reader = Annotated[Caller, allow(*SEE_PERSONS, "billing:read")]
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


class Errand(NamedTuple):
    """One POST: what it asks for, by whom, and under which names it may be repeated."""

    names: Names
    given: GivenOrder
    fingerprint: bytes
    reach: Reach
    """Whose products it may change."""


def preload(session: Session, errands: Sequence[Errand]) -> None:
    """Read what these POSTs will ask for, with a select for each kind."""
    store.submissions.preload(session, [each.names for each in errands])
    store.catalogue.preload(session, {each.names.tenant for each in errands})
    store.products.preload_with_bundles(
        session, [id_ for each in errands for id_ in each.given.product_ids]
    )


@router.post(
    ORDERS,
    status_code=201,
    response_model=OrderView,
    responses=refusals(409, 422),
    openapi_extra={"requestBody": {"content": {"application/json": {"examples": ORDER_EXAMPLES}}}},
)
async def place_order(  # noqa: PLR0913  each is a part of the request
    *,
    body: OrderBody,
    caller: Writer,
    cause: RequestCause,
    desk: ToDesk,
    settings: ToSettings,
    idempotency_key: IdempotencyKey,
) -> Response:
    """Place an order.

    It is accepted or refused at once, with every fault named; its fulfilment goes on
    after the answer. An order that is repeated, by its `Idempotency-Key` or its
    `externalId`, gets the first answer again, byte for byte, with the header
    `Idempotent-Replayed: true`. Another body under the same `Idempotency-Key` is
    refused with 422, under the same `externalId` with 409.
    """
    names = Names(caller.tenant, caller.client, idempotency_key, body.given.external_id or None)
    print_ = sealed(body.fingerprint, settings.person_key.encode())
    errand = Errand(names, body.given, print_, reach_of(caller, Level.CHANGE))
    answer = await desk.serve(cause, partial(take_on, errand), needs=preload, about=errand)
    headers = {"Location": f"{ORDERS}/{answer.order_id}"}
    if answer.order_id != cause.id:
        headers[REPEATED] = "true"
    return Response(answer.answer, 201, headers, media_type="application/json")


def take_on(errand: Errand, work: Work) -> Submission:
    """Accept an order, unless it was before; return the answer either way.

    Raises:
        DomainError: if something is wrong with it.
        UnavailableError: if it is about a product that a restored database may lack still.
    """
    names = errand.names
    known = earlier(*store.submissions.find(work.session, names), errand.fingerprint)
    if known:
        for again in repetition(known, names, work.cause.id):
            store.submissions.repeat(work.session, again)
        return known
    placed = placed_by(errand, work)
    catalogue = store.catalogue.get(work.session, names.tenant)
    named = store.products.with_bundles(work.session, errand.given.product_ids)
    products = store.products.within(work.session, errand.reach, named)
    try:
        accepted = accept(errand.given, placed, catalogue, products)
    except DomainError:
        if errand.given.product_ids:
            must_be_read(work.session)
        raise
    answer = answer_of(names, errand.fingerprint, accepted.order, accepted.progress)
    keep(work, accepted.order, accepted.progress, accepted.claimed, answer)
    work.emit(replace_field(accepted.tell, record=record_of(accepted.order, answer)))
    return answer


def placed_by(errand: Errand, work: Work) -> Placed:
    """Return what the request itself does not say; earlier orders are read where it is needed."""
    tenant, client = errand.names.tenant, errand.names.client
    party_id = customer_unsaid(errand.given)
    before = store.orders.contents_of(work.session, tenant, client, party_id) if party_id else ()
    person = person_of(work.cause)
    return Placed(work.cause.id, tenant, client, work.now, person, category_said(before))


def person_of(cause: Cause) -> str:
    """Return who placed an order, where it is somebody else than the client itself."""
    return "" if cause.actor == cause.client else cause.actor


def keep(
    work: Work, order: Order, progress: Progress, claimed: Iterable[Product], answer: Submission
) -> None:
    """Store a new order, the products that it is to take away, and the answer to its client."""
    store.submissions.add(work.session, answer)
    store.orders.add(work.session, order, progress)
    store.products.put_all(work.session, changed=claimed)
    for change in first_changes(progress):
        work.note(change.kind, order.id, change.was, change.became, part=change.part)


def answer_of(names: Names, fingerprint: bytes, order: Order, progress: Progress) -> Submission:
    """Return the answer to a POST, as it is kept for those who ask again."""
    view = show_order(order, progress)
    return Submission(
        id=order.id,
        **names._asdict(),
        order_id=order.id,
        fingerprint=fingerprint,
        answer=view.model_dump_json(by_alias=True, exclude_none=True).encode(),
    )


class OrderQuery(BaseModel):
    """Which orders are wanted, as the URL says it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    state: State | None = None
    external_id: Annotated[Id | None, Field(alias="externalId")] = None
    party_id: Annotated[Id | None, Field(alias="relatedParty.id")] = None
    ordered_from: Annotated[Timestamp | None, Field(alias="orderDate.gte")] = None
    """Orders of this moment and later, with its zone: `2026-01-31T12:00:00Z`."""

    ordered_until: Annotated[Timestamp | None, Field(alias="orderDate.lte")] = None
    """Orders of this moment and earlier."""


def wanted_by(caller: Caller, asked: OrderQuery) -> OrderFilter:
    """Return which orders are wanted; a CRM sees its own, and what is shared with it."""
    return OrderFilter(
        reach=reach_of(caller),
        state=asked.state,
        external_id=asked.external_id,
        party_id=asked.party_id,
        ordered_from=asked.ordered_from,
        ordered_until=asked.ordered_until,
    )


@router.get(ORDERS, response_model=list[OrderView])
def list_orders(  # noqa: PLR0913  each is a part of the request
    *,
    asked: Annotated[OrderQuery, Query()],
    caller: Reader,
    session: ToRead,
    page: Page,
    fields: Fields,
    response: Response,
) -> Response:
    """List orders, the newest first. 206 says that there are more behind this page.

    `X-Total-Count` is given where it costs nothing: when the last order is on the page.
    """
    found = store.order_lists.find(session, wanted_by(caller, asked), page.rows)
    listed = paged(response, page, found, keys=lambda each: (each[0].id,))
    shown = [shown_to(caller, *each) for each in listed]
    return show_all(shown, fields, response)


@router.get(f"{ORDERS}/{{id}}", response_model=OrderView)
def read_order(id: UUID, caller: Reader, session: ToRead, fields: Fields) -> Response:  # noqa: A002  TMF's name
    """Show one order as it stands."""
    order, progress = store.orders.look(session, reach_of(caller), id)
    return show(shown_to(caller, order, progress), fields)


def shown_to(caller: Caller, order: Order, progress: Progress) -> OrderView:
    """Return an order as a caller is shown it: to billing alone, without the customer's person."""
    view = show_order(order, progress)
    return view if caller.may(*SEE_PERSONS) else without_person(view)


@router.get("/ops/v1/orders/{id}/history")
def read_history(id: UUID, caller: Reader, session: ToRead) -> list[ChangeView]:  # noqa: A002
    """List every change of state of an order and its items, oldest first."""
    order, _ = store.orders.look(session, reach_of(caller), id)
    return [ChangeView.of(each) for each in history.read(session, order.tenant, str(order.id))]
