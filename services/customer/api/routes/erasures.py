"""The erasure of a customer's personal data."""

from functools import partial
from typing import Annotated, TypeAlias

from fastapi import Response

from services.customer.api.schemas.erasures import ErasureSchema
from services.customer.api.views.erasures import ErasedView
from services.customer.commands.customers import erase_if_approved
from shared.access.approvals import Approval
from shared.config.settings import Settings
from shared.errors import UnavailableError
from shared.http import CausationDep, CommandBatcherDep, Router, SettingsDep, view_response
from shared.http.authorization import allow
from shared.http.collection_paths import CUSTOMERS_PATH
from shared.operations.audit_and_approvals import ApprovalView, approval_pending_response
from shared.security.caller import Caller

Eraser: TypeAlias = Annotated[Caller, allow("customer:erase")]

router = Router(tags=["customers"])


@router.post(
    f"{CUSTOMERS_PATH}/{{party_id}}/erase",
    response_model=ErasedView,
    responses={202: {"model": ApprovalView, "description": "A second person must approve it."}},
)
async def erase_customer(  # noqa: PLR0913  each is a part of the request
    *,
    party_id: str,
    erasure: ErasureSchema,
    caller: Eraser,
    cause: CausationDep,
    batcher: CommandBatcherDep,
    settings: SettingsDep,
) -> Response:
    """Erase the personal data of a customer in all services; orders and products stay.

    The other services follow within moments. Personal data of orders accepted later is kept.
    """
    key, action = person_key(settings), erasure.to_action(party_id)
    result = await batcher.execute(cause, partial(erase_if_approved, action, caller, key))
    return (
        approval_pending_response(result)
        if isinstance(result, Approval)
        else view_response(ErasedView.of(result))
    )


def person_key(settings: Settings) -> bytes:
    """Return the key of the marks of erased persons.

    Raises:
        UnavailableError: if it is not configured.
    """
    if not settings.person_key:
        msg = "there is no key to mark erased persons with: set KAITONG_PERSON_KEY and start again"
        raise UnavailableError(msg)
    return settings.person_key.encode()
