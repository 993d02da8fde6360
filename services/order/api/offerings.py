"""The catalogue over HTTP: what is sold (TMF620 v4, to read), and its publication."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Protocol, TypeVar

from fastapi import Body, Query, Response
from pydantic import ConfigDict

from services.order import store
from services.order.api import examples_catalogue as examples
from services.order.api.shown import CATALOGUE, OFFERINGS, PRICES, SPECIFICATIONS, Shown
from services.order.api.views_catalogue import (
    OfferingView,
    PriceView,
    SpecificationView,
    show_offering,
    show_prices,
    show_specification,
)
from services.order.domain.catalogue import (
    Catalogue,
    Entry,
    LifeCycle,
    Offering,
    latest,
    version_of,
)
from services.order.domain.delivery import check_delivery
from services.order.domain.publication import Publication, publish
from shared.errors import Fault, NotFoundError
from shared.http import (
    Fields,
    Page,
    RequestCause,
    Router,
    ToDesk,
    ToRead,
    paged,
    refusals,
    show,
    show_all,
)
from shared.http.authorization import allow
from shared.http.paging import Paging
from shared.input.numbers import IS_DIGITS
from shared.messaging.unit_of_work import Work
from shared.persistence.list_window import part_of
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
Status = Annotated[LifeCycle | None, Query(alias="lifecycleStatus")]
Version = Annotated[
    int | None, Query(ge=1, description="The active one, if none is named."), IS_DIGITS
]


@router.get(OFFERINGS, response_model=list[OfferingView])
def list_offerings(  # noqa: PLR0913  each is a part of the request
    *,
    caller: Reader,
    session: ToRead,
    page: Page,
    fields: Fields,
    response: Response,
    status: Status = None,
) -> Response:
    """List offerings, each in its newest version, or the newest in one status."""
    catalogue = store.catalogue.get(session, caller.tenant)
    found = latest(catalogue.offerings, status)
    return answer(found, partial(offering_view, catalogue), page, fields, response)


@router.get(f"{OFFERINGS}/{{id}}", response_model=OfferingView)
def read_offering(
    id: str,  # noqa: A002  TMF's name
    caller: Reader,
    session: ToRead,
    fields: Fields,
    version: Version = None,
) -> Response:
    """Show one offering."""
    catalogue = store.catalogue.get(session, caller.tenant)
    offering = must_be(version_of(catalogue.offerings, id, version), "offering")
    return show(offering_view(catalogue, offering), fields)


def offering_view(catalogue: Catalogue, offering: Offering) -> OfferingView:
    """Show an offering, and whether it is sold."""
    return show_offering(offering, is_sellable=catalogue.sold.get(offering.id) == offering)


@router.get(SPECIFICATIONS, response_model=list[SpecificationView])
def list_specifications(  # noqa: PLR0913  each is a part of the request
    *,
    caller: Reader,
    session: ToRead,
    page: Page,
    fields: Fields,
    response: Response,
    status: Status = None,
) -> Response:
    """List specifications, each in its newest version, or the newest in one status."""
    catalogue = store.catalogue.get(session, caller.tenant)
    found = latest(catalogue.specifications, status)
    return answer(found, show_specification, page, fields, response)


@router.get(f"{SPECIFICATIONS}/{{id}}", response_model=SpecificationView)
def read_specification(
    id: str,  # noqa: A002  TMF's name
    caller: Reader,
    session: ToRead,
    fields: Fields,
    version: Version = None,
) -> Response:
    """Show one specification."""
    catalogue = store.catalogue.get(session, caller.tenant)
    found = must_be(version_of(catalogue.specifications, id, version), "specification")
    return show(show_specification(found), fields)


@router.get(PRICES, response_model=list[PriceView])
def list_prices(
    caller: Reader, session: ToRead, page: Page, fields: Fields, response: Response
) -> Response:
    """List the prices and discounts of all offerings, each in its newest version."""
    found = all_prices(store.catalogue.get(session, caller.tenant))
    return answer(found, lambda price: price, page, fields, response)


@router.get(f"{PRICES}/{{id}}", response_model=PriceView)
def read_price(
    id: str,  # noqa: A002  TMF's name
    caller: Reader,
    session: ToRead,
    fields: Fields,
    version: Version = None,
) -> Response:
    """Show one price or discount, as the newest version of its offering that has it does.

    A price that a later version has no more is still shown: orders refer to it.
    """
    own = store.catalogue.get(session, caller.tenant)
    shared = store.catalogue.get(session, store.catalogue.SHARED)
    known = [each for part in (own, shared) for each in reversed(part.offerings)]
    found = (price for each in known for price in show_prices(each) if price.id == id)
    wanted = (price for price in found if version in {None, int(price.version)})
    return show(must_be(next(wanted, None), "price"), fields)


def all_prices(catalogue: Catalogue) -> list[PriceView]:
    """Show all prices and discounts, by id."""
    found = (price for each in latest(catalogue.offerings) for price in show_prices(each))
    return sorted(found, key=id_of)


class Named(Protocol):
    """An entry of a list of the catalogue."""

    @property
    def id(self) -> str:
        """What it is called: no other of its list is."""


N = TypeVar("N", bound=Named)


def id_of(entry: Named) -> str:
    """Return what an entry is called, by which lists of the catalogue come."""
    return entry.id


def answer(
    found: Sequence[N],
    view: Callable[[N], Shown],
    page: Paging,
    fields: frozenset[str],
    response: Response,
) -> Response:
    """Answer with the page of a list that is wanted; nothing behind it is made a view."""
    part = part_of(found, id_of, page.rows)
    shown = paged(response, page, part, len(found), keys=lambda each: (each.id,))
    return show_all([view(each) for each in shown], fields, response)


def must_be(found: T | None, kind: str) -> T:
    """Return what was found.

    Raises:
        NotFoundError: if nothing was.
    """
    if found is None:
        msg = f"the catalogue has no such {kind}"
        raise NotFoundError(msg, remedy=f"list them under {CATALOGUE}")
    return found


class PublishedView(Shown):
    """What a publication has changed."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PUBLISHED]})

    changed: list[str]
    """Kind, id and version of each entry that is new or different."""

    warnings: list["WarningView"] | None = None
    """What was published all the same, and wants mending."""


class WarningView(Shown):
    """What is missing beside an entry, and what to do."""

    field: str
    code: str
    message: str
    remedy: str


@router.post("/ops/v1/catalogue", response_model_exclude_none=True, responses=refusals(422))
async def publish_catalogue(
    publication: Annotated[Publication, Body(examples=[examples.PUBLICATION])],
    caller: Importer,
    cause: RequestCause,
    desk: ToDesk,
) -> PublishedView:
    """Publish specifications and offerings, in new versions or for a new state.

    What is there already does no harm, so a publication can be sent again. A version
    that was active never changes: send what is different under a higher version. An
    offering on sale needs a blueprint by which its products are delivered; without one by
    which they are given up, there is a warning.
    """
    return await desk.serve(cause, partial(put, caller.tenant, publication))


def put(tenant: str, publication: Publication, work: Work) -> PublishedView:
    """Bring a tenant's catalogue to what was published.

    Raises:
        InvalidError: if it contradicts itself or what is known, or cannot be delivered.
    """
    shared, own = store.catalogue.lock(work.session, tenant)
    entries = publish(shared, own, publication)
    gaps = check_delivery(publication, store.blueprints.known(work.session, tenant))
    store.catalogue.put(work.session, tenant, entries)
    names = [name_of(each) for each in entries]
    for name, entry in zip(names, entries, strict=True):
        work.note("catalogue", name, "", entry.state)
        work.audit("catalogue.publish", name)
    return PublishedView(changed=names, warnings=[warning(each) for each in gaps] or None)


def warning(gap: Fault) -> WarningView:
    """Show what is missing."""
    return WarningView(field=gap.field, code=gap.code, message=gap.reason, remedy=gap.remedy)


def name_of(entry: Entry) -> str:
    """Return kind, id and version of an entry."""
    return f"{type(entry).__name__.lower()}/{entry.id}/{entry.version}"
