"""Agreements: prices and characteristics that one customer has by contract."""

from functools import partial
from typing import Annotated, TypeAlias

from fastapi import Path, Response

from services.order import store
from services.order.api.schemas.agreements import AgreementSchema, CustomerFilter
from services.order.api.views.agreements import AgreementView
from services.order.commands.agreements import change_if_approved
from shared.access.access_rule import require_visible
from shared.access.approvals import Approval
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
from shared.http.collection_paths import AGREEMENTS_PATH
from shared.input.ids import Id
from shared.operations.audit_and_approvals import ApprovalView, approval_pending_response
from shared.persistence.pagination import attributes_getter
from shared.security.caller import Caller

AgreementReader: TypeAlias = Annotated[
    Caller, allow("viewer:read", "billing:read", "agent:read", "product:read")
]
AgreementWriter: TypeAlias = Annotated[Caller, allow("ops:import", "product:write")]
AgreementId = Annotated[Id, Path(alias="id")]

router = Router(tags=["agreements"])


@router.get(AGREEMENTS_PATH, response_model=list[AgreementView])
def list_agreements(
    caller: AgreementReader,
    session: ReadSessionDep,
    page: PageDep,
    response: Response,
    customer: CustomerFilter = None,
) -> Response:
    """List the agreements of the tenant, or those with one customer, sorted by id."""
    found = store.agreements.find_page(session, caller.tenant, customer, page.window)
    listed = paginate(response, page, found, keys=attributes_getter("id"))
    return list_response([AgreementView.of(each) for each in listed], response=response)


@router.get(f"{AGREEMENTS_PATH}/{{id}}", response_model=AgreementView)
def read_agreement(
    agreement_id: AgreementId, caller: AgreementReader, session: ReadSessionDep
) -> Response:
    """Show one agreement."""
    found = store.agreements.find(session, caller.tenant, agreement_id)
    return view_response(
        AgreementView.of(require_visible(found, kind="agreement", id_=agreement_id))
    )


@router.put(
    f"{AGREEMENTS_PATH}/{{id}}",
    response_model=AgreementView,
    responses={202: {"model": ApprovalView, "description": "A second person must approve it."}},
)
async def write_agreement(
    agreement_id: AgreementId,
    body: AgreementSchema,
    caller: AgreementWriter,
    cause: CausationDep,
    batcher: CommandBatcherDep,
) -> Response:
    """Write an agreement, or replace it: orders that are placed from then on have it.

    After a second person has approved it, the same request is sent again. To end an agreement,
    write it with a `valid_until`.
    """
    command = partial(change_if_approved, agreement_id, body.terms, body.reason, caller)
    result = await batcher.execute(cause, command)
    if isinstance(result, Approval):
        return approval_pending_response(result)
    return view_response(AgreementView.of(result))
