"""Offerings of the catalogue (TMF620 v4), read only."""

from functools import partial

from fastapi import Response

from services.order import store
from services.order.api.routes.catalogue import CatalogueReader, page_response, require_entry
from services.order.api.schemas.catalogue import EntryVersion, LifecycleStatus
from services.order.api.views.offerings import OfferingView, show_offering
from services.order.domain.catalogue.catalogue import (
    Catalogue,
    Offering,
    find_version,
    latest_versions,
)
from shared.http import FieldsDep, PageDep, ReadSessionDep, Router, view_response
from shared.http.collection_paths import OFFERINGS_PATH

router = Router(tags=["catalogue"])


@router.get(OFFERINGS_PATH, response_model=list[OfferingView])
def list_offerings(  # noqa: PLR0913  each is a part of the request
    *,
    caller: CatalogueReader,
    session: ReadSessionDep,
    page: PageDep,
    fields: FieldsDep,
    response: Response,
    status: LifecycleStatus = None,
) -> Response:
    """List offerings, each in its newest version, or the newest in one status."""
    catalogue = store.catalogue.get(session, caller.tenant)
    found = latest_versions(catalogue.offerings, status)
    return page_response(found, partial(offering_view, catalogue), page, fields, response)


@router.get(f"{OFFERINGS_PATH}/{{id}}", response_model=OfferingView)
def read_offering(
    id: str,  # noqa: A002  TMF's name
    caller: CatalogueReader,
    session: ReadSessionDep,
    fields: FieldsDep,
    version: EntryVersion = None,
) -> Response:
    """Show one offering."""
    catalogue = store.catalogue.get(session, caller.tenant)
    offering = require_entry(find_version(catalogue.offerings, id, version), "offering")
    return view_response(offering_view(catalogue, offering), fields)


def offering_view(catalogue: Catalogue, offering: Offering) -> OfferingView:
    """Show an offering, and whether it can be ordered now."""
    return show_offering(
        offering, is_sellable=catalogue.sellable_offerings.get(offering.id) == offering
    )
