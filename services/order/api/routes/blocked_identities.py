"""Blocked identities (黑名单): those whose orders are refused."""

from functools import partial
from typing import Annotated, TypeAlias
from uuid import UUID

from fastapi import Response

from services.order import store
from services.order.api.schemas.blocked_identities import BlockSchema
from services.order.api.views.blocked_identities import BlockedIdentityView
from services.order.commands.identities import block_identity, lift_block, secret_of
from shared.http import (
    CausationDep,
    CommandBatcherDep,
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
from shared.http.collection_paths import OPS_PATH
from shared.persistence.pagination import attributes_getter
from shared.security.caller import Caller

BLOCKED_PATH = f"{OPS_PATH}/blocked-identities"

Blocker: TypeAlias = Annotated[Caller, allow("identity:block")]
BlockReader: TypeAlias = Annotated[Caller, allow("identity:block", "audit:read")]

router = Router(tags=["blocked identities"])


@router.get(BLOCKED_PATH, response_model=list[BlockedIdentityView])
def list_blocked_identities(
    caller: BlockReader, session: ReadSessionDep, page: PageDep, response: Response
) -> Response:
    """List the blocked identities of the tenant, those that were blocked first coming first."""
    found = store.identities.find_blocks(session, caller.tenant, page.window)
    listed = paginate(response, page, found, keys=attributes_getter("id"))
    return list_response([BlockedIdentityView.of(each) for each in listed], response=response)


@router.put(BLOCKED_PATH, response_model=BlockedIdentityView, responses=error_responses(422))
async def put_blocked_identity(
    body: BlockSchema,
    caller: Blocker,
    cause: CausationDep,
    batcher: CommandBatcherDep,
    settings: SettingsDep,
) -> Response:
    """Block the identity that a document proves, or change its block; its id stays the same.

    Which orders are refused is in the rules for real-name checks (`blocked_for`). Only a keyed hash
    of the number is stored.
    """
    secret = secret_of(caller.tenant, settings.person_key)
    command = partial(block_identity, body.to_domain(), secret)
    return view_response(BlockedIdentityView.of(await batcher.execute(cause, command)))


@router.delete(f"{BLOCKED_PATH}/{{id}}", status_code=204)
async def lift_identity_block(
    id: UUID,  # noqa: A002  as in the other routes
    caller: Blocker,
    cause: CausationDep,
    batcher: CommandBatcherDep,
) -> Response:
    """Lift the block of an identity; its orders are accepted again."""
    del caller
    await batcher.execute(cause, partial(lift_block, id))
    return Response(status_code=204)
