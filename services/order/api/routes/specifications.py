"""Specifications of the catalogue (TMF620 v4), read only."""

from fastapi import Response

from services.order import store
from services.order.api.routes.catalogue import CatalogueReader, page_response, require_entry
from services.order.api.schemas.catalogue import EntryVersion, LifecycleStatus
from services.order.api.views.specifications import SpecificationView, show_specification
from services.order.domain.catalogue.catalogue import find_version, latest_versions
from shared.http import FieldsDep, PageDep, ReadSessionDep, Router, view_response
from shared.http.collection_paths import SPECIFICATIONS_PATH

router = Router(tags=["catalogue"])


@router.get(SPECIFICATIONS_PATH, response_model=list[SpecificationView])
def list_specifications(  # noqa: PLR0913  each is a part of the request
    *,
    caller: CatalogueReader,
    session: ReadSessionDep,
    page: PageDep,
    fields: FieldsDep,
    response: Response,
    status: LifecycleStatus = None,
) -> Response:
    """List specifications, each in its newest version, or the newest in one status."""
    catalogue = store.catalogue.get(session, caller.tenant)
    found = latest_versions(catalogue.specifications, status)
    return page_response(found, show_specification, page, fields, response)


@router.get(f"{SPECIFICATIONS_PATH}/{{id}}", response_model=SpecificationView)
def read_specification(
    id: str,  # noqa: A002  TMF's name
    caller: CatalogueReader,
    session: ReadSessionDep,
    fields: FieldsDep,
    version: EntryVersion = None,
) -> Response:
    """Show one specification."""
    catalogue = store.catalogue.get(session, caller.tenant)
    found = require_entry(find_version(catalogue.specifications, id, version), "specification")
    return view_response(show_specification(found), fields)
