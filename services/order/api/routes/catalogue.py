"""The catalogue over HTTP: what is sold (TMF620 v4, to read), and its publication."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Protocol, TypeVar

from fastapi import Body, Query, Response
from pydantic import ConfigDict

from services.order import store
from services.order.api.examples import catalogue as examples
from services.order.api.views.base import (
    CATALOGUE_PATH,
    OFFERINGS_PATH,
    PRICES_PATH,
    SPECIFICATIONS_PATH,
    BaseView,
)
from services.order.api.views.catalogue import (
    OfferingView,
    PriceView,
    SpecificationView,
    show_offering,
    show_prices,
    show_specification,
)
from services.order.domain.catalogue.catalogue import (
    Catalogue,
    CatalogueEntry,
    LifeCycle,
    Offering,
    find_version,
    latest_versions,
)
from services.order.domain.catalogue.deliverability import check_deliverability
from services.order.domain.catalogue.publication import Publication, publish
from shared.errors import Fault, NotFoundError
from shared.http import (
    CausationDep,
    CommandBatcherDep,
    FieldsDep,
    PageDep,
    ReadSessionDep,
    Router,
    error_responses,
    list_response,
    paginate,
    view_response,
)
from shared.http.authorization import allow
from shared.http.paging import PageRequest
from shared.input.numbers import IS_DIGITS
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.list_window import slice_list
from shared.security.caller import Caller

router = Router(tags=["catalogue"])

Reader = Annotated[
    Caller,
    allow(
        *("crm:order.read", "viewer:read", "billing:read", "agent:read"),
        *("product:read", "analyst:read"),
    ),
]
Importer = Annotated[Caller, allow("ops:import", "product:write")]
T = TypeVar("T")
LifecycleStatus = Annotated[LifeCycle | None, Query(alias="lifecycleStatus")]
Version = Annotated[
    int | None, Query(ge=1, description="The active one, if none is named."), IS_DIGITS
]


@router.get(OFFERINGS_PATH, response_model=list[OfferingView])
def list_offerings(  # noqa: PLR0913  each is a part of the request
    *,
    caller: Reader,
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
    caller: Reader,
    session: ReadSessionDep,
    fields: FieldsDep,
    version: Version = None,
) -> Response:
    """Show one offering."""
    catalogue = store.catalogue.get(session, caller.tenant)
    offering = require_found(find_version(catalogue.offerings, id, version), "offering")
    return view_response(offering_view(catalogue, offering), fields)


def offering_view(catalogue: Catalogue, offering: Offering) -> OfferingView:
    """Show an offering, and whether it is sold."""
    return show_offering(
        offering, is_sellable=catalogue.sellable_offerings.get(offering.id) == offering
    )


@router.get(SPECIFICATIONS_PATH, response_model=list[SpecificationView])
def list_specifications(  # noqa: PLR0913  each is a part of the request
    *,
    caller: Reader,
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
    caller: Reader,
    session: ReadSessionDep,
    fields: FieldsDep,
    version: Version = None,
) -> Response:
    """Show one specification."""
    catalogue = store.catalogue.get(session, caller.tenant)
    found = require_found(find_version(catalogue.specifications, id, version), "specification")
    return view_response(show_specification(found), fields)


@router.get(PRICES_PATH, response_model=list[PriceView])
def list_prices(
    caller: Reader, session: ReadSessionDep, page: PageDep, fields: FieldsDep, response: Response
) -> Response:
    """List the prices and discounts of all offerings, each in its newest version."""
    found = all_prices(store.catalogue.get(session, caller.tenant))
    return page_response(found, lambda price: price, page, fields, response)


@router.get(f"{PRICES_PATH}/{{id}}", response_model=PriceView)
def read_price(
    id: str,  # noqa: A002  TMF's name
    caller: Reader,
    session: ReadSessionDep,
    fields: FieldsDep,
    version: Version = None,
) -> Response:
    """Show one price or discount, as the newest version of its offering that has it does.

    A price that a later version has no more is still shown: orders refer to it.
    """
    own = store.catalogue.get(session, caller.tenant)
    shared = store.catalogue.get(session, store.catalogue.SHARED_TENANT)
    known = [each for part in (own, shared) for each in reversed(part.offerings)]
    found = (price for each in known for price in show_prices(each) if price.id == id)
    wanted = (price for price in found if version in {None, int(price.version)})
    return view_response(require_found(next(wanted, None), "price"), fields)


def all_prices(catalogue: Catalogue) -> list[PriceView]:
    """Show all prices and discounts, by id."""
    found = (price for each in latest_versions(catalogue.offerings) for price in show_prices(each))
    return sorted(found, key=entry_id)


class HasId(Protocol):
    """An entry of a list of the catalogue."""

    @property
    def id(self) -> str:
        """What it is called: no other of its list is."""


N = TypeVar("N", bound=HasId)


def entry_id(entry: HasId) -> str:
    """Return what an entry is called, by which lists of the catalogue come."""
    return entry.id


def page_response(
    found: Sequence[N],
    view: Callable[[N], BaseView],
    page: PageRequest,
    fields: frozenset[str],
    response: Response,
) -> Response:
    """Answer with the page of a list that is wanted; nothing behind it is made a view."""
    part = slice_list(found, entry_id, page.window)
    shown = paginate(response, page, part, len(found), keys=lambda each: (each.id,))
    return list_response([view(each) for each in shown], fields, response)


def require_found(found: T | None, kind: str) -> T:
    """Return what was found.

    Raises:
        NotFoundError: if nothing was.
    """
    if found is None:
        msg = f"the catalogue has no such {kind}"
        raise NotFoundError(msg, remedy=f"list them under {CATALOGUE_PATH}")
    return found


class PublishedView(BaseView):
    """What a publication has changed."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PUBLISHED]})

    changed: list[str]
    """Kind, id and version of each entry that is new or different."""

    warnings: list["WarningView"] | None = None
    """What was published all the same, and wants mending."""


class WarningView(BaseView):
    """What is missing beside an entry, and what to do."""

    field: str
    code: str
    message: str
    remedy: str


@router.post("/ops/v1/catalogue", response_model_exclude_none=True, responses=error_responses(422))
async def publish_catalogue(
    publication: Annotated[Publication, Body(examples=[examples.PUBLICATION])],
    caller: Importer,
    cause: CausationDep,
    batcher: CommandBatcherDep,
) -> PublishedView:
    """Publish specifications and offerings, in new versions or for a new state.

    What is there already does no harm, so a publication can be sent again. A version
    that was active never changes: send what is different under a higher version. An
    offering on sale needs a blueprint by which its products are delivered; without one by
    which they are given up, there is a warning.
    """
    return await batcher.execute(cause, partial(publish_for_tenant, caller.tenant, publication))


def publish_for_tenant(tenant: str, publication: Publication, work: UnitOfWork) -> PublishedView:
    """Bring a tenant's catalogue to what was published.

    Raises:
        InvalidError: if it contradicts itself or what is known, or cannot be delivered.
    """
    shared, own = store.catalogue.get_for_update(work.session, tenant)
    entries = publish(shared, own, publication)
    gaps = check_deliverability(publication, store.blueprints.get_available(work.session, tenant))
    store.catalogue.put(work.session, tenant, entries)
    names = [entry_name(each) for each in entries]
    for name, entry in zip(names, entries, strict=True):
        work.record_change("catalogue", name, "", entry.state)
        work.audit("catalogue.publish", name)
    return PublishedView(changed=names, warnings=[warning_view(each) for each in gaps] or None)


def warning_view(gap: Fault) -> WarningView:
    """Show what is missing."""
    return WarningView(field=gap.field, code=gap.code, message=gap.reason, remedy=gap.remedy)


def entry_name(entry: CatalogueEntry) -> str:
    """Return kind, id and version of an entry."""
    return f"{type(entry).__name__.lower()}/{entry.id}/{entry.version}"
