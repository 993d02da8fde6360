"""Grants: clients of the API share customers with each other."""

from functools import partial
from typing import Annotated, TypeAlias

from fastapi import Response

from services.customer.api.schemas.grants import GrantSchema, RevocationSchema
from services.customer.api.views.grants import GrantView
from services.customer.commands.grants import change_grant
from shared.access import grants
from shared.access.approvals import Approval
from shared.access.grants import Grant
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
from shared.http.collection_paths import OPS_PATH
from shared.operations.audit_and_approvals import ApprovalView, approval_pending_response
from shared.persistence.pagination import attributes_getter
from shared.security.caller import Caller

GRANTS_PATH = f"{OPS_PATH}/grants"

Granter: TypeAlias = Annotated[Caller, allow("access:grant")]
GrantReader: TypeAlias = Annotated[Caller, allow("access:grant", "audit:read")]

router = Router(tags=["grants"])


@router.get(GRANTS_PATH, response_model=list[GrantView])
def list_grants(
    caller: GrantReader, session: ReadSessionDep, page: PageDep, response: Response
) -> Response:
    """List what clients share with each other."""
    found = grants.find_grants(session, caller.tenant, page.window)
    shown = [
        GrantView.of(each)
        for each in paginate(response, page, found, keys=attributes_getter(*grants.KEYS))
    ]
    return list_response(shown, response=response)


@router.post(
    GRANTS_PATH,
    response_model=GrantView,
    status_code=201,
    responses={202: {"model": ApprovalView, "description": "A second person must approve it."}},
)
async def share(
    body: GrantSchema, caller: Granter, cause: CausationDep, batcher: CommandBatcherDep
) -> Response:
    """Share one customer, or all, of a client with another; repeat it to change the level."""
    result = await batcher.execute(cause, partial(change_grant, body.to_change(), caller))
    if isinstance(result, Approval):
        return approval_pending_response(result)
    return view_response(GrantView.of(result), response=Response(status_code=201))


@router.post(f"{GRANTS_PATH}/revoke", response_model=GrantView)
async def revoke(
    body: RevocationSchema, caller: Granter, cause: CausationDep, batcher: CommandBatcherDep
) -> Response:
    """Revoke a grant. A grant that never existed may be revoked as well."""
    result = await batcher.execute(cause, partial(change_grant, body.to_change(), caller))
    assert isinstance(result, Grant)
    return view_response(GrantView.of(result))
