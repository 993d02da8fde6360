"""Specifications of the catalogue (TMF620 v4)."""

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
from services.order.api.schemas.specifications import SpecificationBody, SpecificationPatchBody
from services.order.api.views.specifications import SpecificationView, show_specification
from services.order.commands.catalogue_entries import (
    SPECIFICATIONS,
    ChangeEntry,
    CreateEntry,
    change_entry,
    create_entry,
)
from services.order.domain.catalogue.catalogue import find_version, latest_versions
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


@router.post(
    SPECIFICATIONS_PATH,
    status_code=201,
    response_model=SpecificationView,
    responses=error_responses(409, 422),
)
async def create_specification(
    body: SpecificationBody,
    caller: CatalogueWriter,
    cause: CausationDep,
    batcher: CommandBatcherDep,
) -> Response:
    """Create a specification, in a first version.

    The version is a draft, unless `lifecycleStatus` says `active`. A repeated request gets the
    specification again, with `Idempotent-Replayed: true`; another one for the same id is refused
    with 409. A specification cannot be deleted, as products refer to it: retire it.
    """
    request = CreateEntry(caller.tenant, SPECIFICATIONS, body.to_domain)
    written = await write_entry(batcher, cause, partial(create_entry, request))
    return created_response(written, show_specification(written.entry), SPECIFICATIONS_PATH)


@router.patch(
    f"{SPECIFICATIONS_PATH}/{{id}}",
    response_model=SpecificationView,
    responses=error_responses(422),
)
async def change_specification(  # noqa: PLR0913  each is a part of the request
    *,
    id: str,  # noqa: A002  TMF's name
    body: SpecificationPatchBody,
    caller: CatalogueWriter,
    cause: CausationDep,
    batcher: CommandBatcherDep,
    version: EntryVersion = None,
) -> Response:
    """Change a specification.

    A draft is changed in place; of a version that was active, the next one is published with the
    change. `lifecycleStatus` alone activates or retires the version; without `version`, all
    active versions are retired with it, and no offering of the specification is sold any more.
    """
    request = ChangeEntry(caller.tenant, SPECIFICATIONS, id, version, body.applied_to)
    written = await write_entry(batcher, cause, partial(change_entry, request))
    return view_response(show_specification(written.entry))
