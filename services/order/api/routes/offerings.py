"""Offerings of the catalogue (TMF620 v4)."""

from functools import partial

from fastapi import Response

from services.order import store
from services.order.api.routes.catalogue import (
    CatalogueReader,
    CatalogueWriter,
    created_response,
    page_response,
    require_entry,
    write_entry,
)
from services.order.api.schemas.catalogue import EntryVersion, LifecycleStatus
from services.order.api.schemas.catalogue_pointers import body_faults
from services.order.api.schemas.offerings import OfferingBody, OfferingPatchBody
from services.order.api.views.offerings import OfferingView, show_offering
from services.order.api.views.written_offerings import WrittenOfferingView, with_warnings
from services.order.commands.catalogue_entries import (
    OFFERINGS,
    ChangeEntry,
    CreateEntry,
    WrittenEntry,
    change_entry,
    create_entry,
)
from services.order.domain.catalogue.catalogue import (
    Offering,
    find_version,
    latest_versions,
)
from shared.http import (
    CausationDep,
    CommandBatcherDep,
    FieldsDep,
    PageDep,
    ReadSessionDep,
    Router,
    error_responses,
    view_response,
)
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
    return page_response(found, partial(show_offering, catalogue), page, fields, response)


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
    return view_response(show_offering(catalogue, offering), fields)


@router.post(
    OFFERINGS_PATH,
    status_code=201,
    response_model=WrittenOfferingView,
    responses=error_responses(409, 422),
)
async def create_offering(
    body: OfferingBody, caller: CatalogueWriter, cause: CausationDep, batcher: CommandBatcherDep
) -> Response:
    """Create an offering, in a first version.

    The version is a draft, unless `lifecycleStatus` says `active`. A price in
    `productOfferingPrice` is a reference to one of the catalogue, which is copied, or, with
    `priceType`, a new one as `productOfferingPrice` shows it. A repeated request gets the offering
    again, with `Idempotent-Replayed: true`; another one for the same id is refused with 409.
    An offering cannot be deleted, as orders refer to it: retire it.
    """
    request = CreateEntry(caller.tenant, OFFERINGS, body.to_domain)
    written = await write_entry(batcher, cause, partial(create_entry, request))
    return created_response(written, written_view(written), OFFERINGS_PATH)


@router.patch(
    f"{OFFERINGS_PATH}/{{id}}",
    response_model=WrittenOfferingView,
    responses=error_responses(422),
)
async def change_offering(  # noqa: PLR0913  each is a part of the request
    *,
    id: str,  # noqa: A002  TMF's name
    body: OfferingPatchBody,
    caller: CatalogueWriter,
    cause: CausationDep,
    batcher: CommandBatcherDep,
    version: EntryVersion = None,
) -> Response:
    """Change an offering.

    A draft is changed in place; of a version that was active, the next one is published with the
    change. `lifecycleStatus` alone activates or retires the version; without `version`, all
    active versions are retired with it, and the offering is no longer sold. Running orders and
    products keep the version that they have.
    """
    request = ChangeEntry(caller.tenant, OFFERINGS, id, version, body.applied_to)
    written = await write_entry(batcher, cause, partial(change_entry, request))
    return view_response(written_view(written))


def written_view(written: WrittenEntry[Offering]) -> WrittenOfferingView:
    """Show an offering that a request has created or changed."""
    view = show_offering(written.catalogue, written.entry)
    return with_warnings(view, body_faults(written.warnings))
