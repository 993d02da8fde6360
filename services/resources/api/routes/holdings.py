"""Holdings: the resources that an order or a service holds."""

from uuid import UUID

from fastapi import Response

from services.resources import store
from services.resources.api.views.holdings import HOLDINGS_PATH, HoldingsView
from shared.http import ReadSessionDep, Router, view_response
from shared.http.callers import NetworkViewer

router = Router(tags=["plant"])


@router.get(f"{HOLDINGS_PATH}/{{holder}}", response_model=HoldingsView)
def read_holdings(holder: UUID, caller: NetworkViewer, session: ReadSessionDep) -> Response:
    """Return all that an order changed last, or a service holds."""
    found = store.get_holdings(session, caller.tenant, holder)
    return view_response(HoldingsView.of(holder, found))
