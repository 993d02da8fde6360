"""Search for numbers, and selection of one for some minutes (选号, 选占)."""

from functools import partial
from typing import Annotated, TypeAlias

from fastapi import Response

from services.resources import store
from services.resources.api.routes.plant_names import check_plant_names
from services.resources.api.schemas.numbers import AreaCode, GradeName, Pattern, ResultLimit
from services.resources.api.schemas.pools import ExchangeName
from services.resources.api.views.numbers import NumberDetail, NumberView
from services.resources.commands.numbers import (
    deselect_for_client,
    require_number,
    select_for_client,
)
from services.resources.domain.number.numbering_plan import read_e164, read_pattern
from services.resources.domain.number.search import NumberSearch, read_grade_filter
from shared.http import (
    CausationDep,
    CommandBatcherDep,
    ReadSessionDep,
    Router,
    error_responses,
    list_response,
    view_response,
)
from shared.http.authorization import allow
from shared.http.collection_paths import NUMBERS_PATH
from shared.persistence import history
from shared.security.caller import Caller

VIEWER_SCOPE, NETWORK_SCOPE = "viewer:read", "network:read"
NumberReader: TypeAlias = Annotated[Caller, allow("crm:number.read", VIEWER_SCOPE, NETWORK_SCOPE)]
NumberHolder: TypeAlias = Annotated[Caller, allow("crm:number.hold")]

router = Router(tags=["numbers"])


@router.get(NUMBERS_PATH, response_model=list[NumberView])
def search_numbers(  # noqa: PLR0913  each is a part of the request
    *,
    caller: NumberReader,
    session: ReadSessionDep,
    pattern: Pattern = "",
    grade: GradeName = "",
    exchange: ExchangeName = "",
    local_network: AreaCode = "",
    limit: ResultLimit = 20,
) -> Response:
    """Return matching idle numbers, in a stable order."""
    search = NumberSearch(
        tenant=caller.tenant,
        pattern=read_pattern(pattern),
        grade=read_grade_filter(grade, store.known_grades()),
        exchange_id=exchange and store.canonical_plant_name(session, caller.tenant, exchange),
        local_network=local_network,
        limit=limit,
    )
    found = store.search_numbers(session, search)
    if not found:
        names = {"exchange": search.exchange_id, "local_network": local_network}
        check_plant_names(session, caller.tenant, **names)
    return list_response([NumberView.of(each) for each in found])


@router.get(f"{NUMBERS_PATH}/{{e164}}", response_model=NumberDetail)
def read_number(e164: str, caller: NumberReader, session: ReadSessionDep) -> Response:
    """Return one number; operations staff also see its holder and its history."""
    number = require_number(store.find_number(session, (caller.tenant, read_e164(e164))))
    if not caller.may(VIEWER_SCOPE, NETWORK_SCOPE):
        return view_response(NumberView.of(number))
    return view_response(NumberDetail.of_detail(number, history.read(session, caller.tenant, e164)))


@router.post(
    f"{NUMBERS_PATH}/{{e164}}/hold",
    response_model=NumberView,
    status_code=201,
    responses=error_responses(409),
)
async def hold_number(
    e164: str,
    caller: NumberHolder,
    cause: CausationDep,
    batcher: CommandBatcherDep,
    response: Response,
) -> Response:
    """Select an idle number for the caller; selecting it again gains no time.

    An order of the same client that picks the number reserves it.
    """
    number = await batcher.execute(
        cause, partial(select_for_client, read_e164(e164), caller.client)
    )
    response.status_code = 201
    return view_response(NumberView.of(number), response=response)


@router.delete(f"{NUMBERS_PATH}/{{e164}}/hold", status_code=204, responses=error_responses(409))
async def give_number_up(
    e164: str, caller: NumberHolder, cause: CausationDep, batcher: CommandBatcherDep
) -> Response:
    """Give up the caller's selection of a number; without one nothing changes."""
    await batcher.execute(cause, partial(deselect_for_client, read_e164(e164), caller.client))
    return Response(status_code=204)
