"""The reconciliation with billing: one file for each local network and day."""

from typing import Annotated, TypeAlias

from fastapi import Response

from services.order.api.examples.billing import RECONCILIATION_FILE
from services.order.api.schemas.billing import ReconciliationParameters
from services.order.commands.billing import build_reconciliation_file
from shared.http import ReadSessionDep, Router, error_responses
from shared.http.authorization import allow
from shared.http.collection_paths import OPS_PATH
from shared.persistence.database import transaction_time
from shared.security.caller import Caller

BillingReader: TypeAlias = Annotated[Caller, allow("billing:read", "viewer:read")]

CSV = "text/csv"
CSV_RESPONSE = {
    "description": "The file, in UTF-8: a header, the items, their totals, the sum of all.",
    "content": {CSV: {"schema": {"type": "string"}, "example": RECONCILIATION_FILE}},
}

router = Router(tags=["billing"])


@router.get(
    f"{OPS_PATH}/billing/reconciliation",
    response_class=Response,
    responses={200: CSV_RESPONSE, **error_responses(404, 422)},
)
def read_reconciliation(
    query: ReconciliationParameters, caller: BillingReader, session: ReadSessionDep
) -> Response:
    """Return what was handed over to billing in a local network on a day, as CSV.

    It has a line for each completed order item, with the id of its message `order.item_completed`,
    then the totals of each action and offering. It is the same, byte for byte, whenever it is
    built. A day that is not over is refused with 422, one that the database does not keep with 404.
    """
    now = transaction_time(session)
    wanted = query.to_domain(caller, now)
    text = build_reconciliation_file(session, wanted, query.source, now)
    name = query.file_name(wanted.day)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type=CSV, headers=headers)
