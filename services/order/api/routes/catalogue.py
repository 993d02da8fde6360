"""The catalogue: the publication of its entries, and the responses that list or show them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Protocol, TypeAlias, TypeVar

from fastapi import Response

from services.order.api.routes.orders import REPLAYED_HEADER
from services.order.api.schemas.catalogue import PublicationBody
from services.order.api.schemas.catalogue_pointers import body_faults
from services.order.api.views.catalogue import PublishedView, show_published
from services.order.commands.catalogue import plan_for_tenant, publish_for_tenant
from services.order.commands.catalogue_entries import WrittenEntry
from services.order.domain.catalogue.catalogue import Offering, Specification
from shared.access.access_rule import require_found
from shared.contracts import Causation
from shared.errors import InvalidError
from shared.http import (
    CausationDep,
    CommandBatcherDep,
    ReadSessionDep,
    Router,
    error_responses,
    href_of,
    list_response,
    paginate,
    view_response,
)
from shared.http.authorization import allow
from shared.http.collection_paths import CATALOGUE_PATH, OPS_PATH
from shared.http.command_batcher import CommandBatcher
from shared.http.paging import PageRequest
from shared.http.planned_change_views import PlannedChangeView, planned_views
from shared.http.views import TmfBaseView
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.pagination import slice_list
from shared.security.caller import Caller

CatalogueReader: TypeAlias = Annotated[
    Caller,
    allow(
        *("crm:order.read", "viewer:read", "billing:read", "agent:read"),
        *("product:read", "analyst:read"),
    ),
]
CatalogueWriter: TypeAlias = Annotated[Caller, allow("ops:import", "product:write")]

T = TypeVar("T")
E = TypeVar("E", Specification, Offering)

router = Router(tags=["catalogue"])


@router.post(
    f"{OPS_PATH}/catalogue", response_model_exclude_none=True, responses=error_responses(422)
)
async def publish_catalogue(
    publication: PublicationBody,
    caller: CatalogueWriter,
    cause: CausationDep,
    batcher: CommandBatcherDep,
) -> PublishedView:
    """Publish specifications and offerings, in new versions or with a new state.

    Entries that are in the catalogue already are skipped, so a publication can be sent
    again. A version that was active never changes: send changes under a higher version. An
    offering on sale needs a blueprint that delivers its products; without a blueprint that
    disconnects them, the response has a warning.
    """
    result = await batcher.execute(cause, partial(publish_for_tenant, caller.tenant, publication))
    return show_published(result)


@router.post(f"{OPS_PATH}/catalogue/plan", responses=error_responses(422))
def plan_catalogue(
    publication: PublicationBody, caller: CatalogueWriter, session: ReadSessionDep
) -> list[PlannedChangeView]:
    """Show what a publication would change, field by field; nothing is changed.

    What a publication refuses is refused here as well, except an offering without its blueprint:
    the plan names the blueprint, which may be published before it.
    """
    return planned_views(plan_for_tenant(session, caller.tenant, publication))


async def write_entry(
    batcher: CommandBatcher, cause: Causation, write: Callable[[UnitOfWork], WrittenEntry[E]]
) -> WrittenEntry[E]:
    """Create or change an entry.

    Raises:
        InvalidError: it has faults, with pointers into the body of the entry.
    """
    try:
        return await batcher.execute(cause, write)
    except InvalidError as error:
        raise InvalidError(body_faults(error.faults), code=error.code) from error


def created_response(written: WrittenEntry[E], view: TmfBaseView, path: str) -> Response:
    """Return the response to a request that creates an entry, or repeats such a request."""
    headers = {"Location": href_of(path, written.entry.id)}
    if written.is_repeated:
        headers[REPLAYED_HEADER] = "true"
    return view_response(view, response=Response(status_code=201, headers=headers))


class HasId(Protocol):
    """An entry in a list of the catalogue."""

    @property
    def id(self) -> str:
        """Its id, unique in its list."""


IdT = TypeVar("IdT", bound=HasId)


def entry_id(entry: HasId) -> str:
    """Return the id of an entry, by which lists of the catalogue are sorted."""
    return entry.id


def page_response(
    found: Sequence[IdT],
    view: Callable[[IdT], TmfBaseView],
    page: PageRequest,
    fields: frozenset[str],
    response: Response,
) -> Response:
    """Return one page of a list. Only the entries of that page become views."""
    part = slice_list(found, entry_id, page.window)
    shown = paginate(response, page, part, len(found), keys=lambda each: (each.id,))
    return list_response([view(each) for each in shown], fields, response)


def require_entry(found: T | None, kind: str) -> T:
    """Return an entry that was found.

    Raises:
        NotFoundError: if it is None.
    """
    remedy = f"list them under {CATALOGUE_PATH}"
    return require_found(found, f"the catalogue has no such {kind}", remedy=remedy)
