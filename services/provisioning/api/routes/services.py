"""The service inventory (TMF638 v4), read only."""

from typing import Annotated, TypeAlias
from uuid import UUID

from fastapi import Response

from services.provisioning.api.schemas.services import CustomerFilter
from services.provisioning.api.views.services import ServiceView
from services.provisioning.domain.service import ServiceState
from services.provisioning.store import services as store
from shared.access.access_rule import data_scope_of, require_visible
from shared.http import (
    FieldsDep,
    PageDep,
    ReadSessionDep,
    Router,
    list_response,
    paginate,
    view_response,
)
from shared.http.authorization import allow
from shared.http.collection_paths import SERVICES_PATH
from shared.persistence.pagination import attributes_getter
from shared.security.caller import Caller

ServiceReader: TypeAlias = Annotated[Caller, allow("viewer:read", "network:read", "crm:order.read")]
"""Staff, and clients for the services that they own or that are shared with them."""

router = Router(tags=["services"])


@router.get(SERVICES_PATH, response_model=list[ServiceView])
def list_services(  # noqa: PLR0913  each is a part of the request
    *,
    caller: ServiceReader,
    session: ReadSessionDep,
    page: PageDep,
    fields: FieldsDep,
    response: Response,
    customer_id: CustomerFilter = None,
    state: ServiceState | None = None,
) -> Response:
    """Return services, by customer."""
    wanted = store.ServiceFilter(customer_id, state)
    found = store.find(session, data_scope_of(caller), wanted, page.window)
    page_shown = paginate(response, page, found, keys=attributes_getter("customer_id", "id"))
    shown = [ServiceView.of(each) for each in page_shown]
    return list_response(shown, fields, response)


@router.get(f"{SERVICES_PATH}/{{service_id}}", response_model=ServiceView)
def read_service(
    service_id: UUID, caller: ServiceReader, session: ReadSessionDep, fields: FieldsDep
) -> Response:
    """Return one service."""
    found = store.find_accessible(session, data_scope_of(caller), service_id)
    service = require_visible(found, kind="service", id_=service_id)
    return view_response(ServiceView.of(service), fields)
