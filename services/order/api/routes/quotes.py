"""Quotes: orders that are priced and not placed yet."""

from functools import partial
from uuid import UUID

from fastapi import Response

from services.order import store
from services.order.api.routes.orders import (
    BODY_DESCRIPTION,
    REPLAYED_HEADER,
    OrderReader,
    OrderWriter,
)
from services.order.api.schemas.orders import IdempotencyKey, OrderBody
from services.order.api.views.quotes import QuoteView, show_quote
from services.order.commands.acceptance_context import PlaceOrderCommand, preload
from services.order.commands.make_quote import make_or_replay
from services.order.domain.acceptance.submission import SubmissionKeys, keyed_fingerprint
from shared.access.access_rule import AccessLevel, data_scope_of, require_visible
from shared.http import (
    CausationDep,
    CommandBatcherDep,
    FieldsDep,
    ReadSessionDep,
    Router,
    SettingsDep,
    error_responses,
    view_response,
)
from shared.http.collection_paths import QUOTES_PATH

router = Router(tags=["quotes"])


@router.post(
    QUOTES_PATH,
    status_code=201,
    response_model=QuoteView,
    responses=error_responses(409, 422),
    openapi_extra=BODY_DESCRIPTION,
)
async def make_quote(  # noqa: PLR0913  each is a part of the request
    *,
    body: OrderBody,
    caller: OrderWriter,
    cause: CausationDep,
    batcher: CommandBatcherDep,
    settings: SettingsDep,
    idempotency_key: IdempotencyKey,
) -> Response:
    """Price an order without placing it.

    The body is that of an order; nothing is reserved, and no product is locked. The quote keeps
    its prices until `validFor` ends: an order with the same items that names it as `quote` is
    not priced anew. One order can be placed with it.
    """
    keys = SubmissionKeys(caller.tenant, caller.client, idempotency_key, None)
    fingerprint = keyed_fingerprint(body.fingerprint, settings.person_key.encode())
    command = PlaceOrderCommand(
        keys, body.order, fingerprint, data_scope_of(caller, AccessLevel.CHANGE)
    )
    quote = await batcher.execute(
        cause, partial(make_or_replay, command), preload=preload, preload_key=command
    )
    headers = {"Location": f"{QUOTES_PATH}/{quote.id}"}
    if quote.id != cause.id:
        headers[REPLAYED_HEADER] = "true"
    shown = show_quote(quote).model_dump_json(by_alias=True, exclude_none=True)
    return Response(shown, 201, headers, media_type="application/json")


@router.get(f"{QUOTES_PATH}/{{id}}", response_model=QuoteView)
def read_quote(
    id: UUID,  # noqa: A002  as in the other routes
    caller: OrderReader,
    session: ReadSessionDep,
    fields: FieldsDep,
) -> Response:
    """Show one quote."""
    found = store.quotes.find_accessible(session, data_scope_of(caller), id)
    return view_response(show_quote(require_visible(found, kind="quote", id_=id)), fields)
