"""Looking for numbers, and keeping one for some minutes (选号, 选占)."""

from functools import partial
from typing import Annotated, TypeAlias

from fastapi import Query, Response

from services.resources import store
from services.resources.api.schemas.filters import AreaCode, ExchangeName, check_plant_names
from services.resources.api.views.base import NumberDetail, NumberView
from services.resources.domain.number.number import Number, deselect, select
from services.resources.domain.number.numbering_plan import read_e164, read_pattern
from services.resources.domain.number.search import NumberSearch, read_grade
from services.resources.domain.pool.states import NumberState
from services.resources.domain.scheduled_messages import HoldExpired
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
from shared.input.numbers import IS_DIGITS
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence import history
from shared.scheduling.timer_store import schedule
from shared.security.caller import Caller

NUMBERS_PATH = "/ops/v1/numbers"
VIEWER_SCOPE, NETWORK_SCOPE = "viewer:read", "network:read"
NumberReader: TypeAlias = Annotated[Caller, allow("crm:number.read", VIEWER_SCOPE, NETWORK_SCOPE)]
NumberHolder: TypeAlias = Annotated[Caller, allow("crm:number.hold")]
FilterText: TypeAlias = Annotated[str, Query(max_length=64)]

router = Router(tags=["numbers"])


@router.get(NUMBERS_PATH, response_model=list[NumberView])
def search_numbers(  # noqa: PLR0913  each is a part of the request
    *,
    caller: NumberReader,
    session: ReadSessionDep,
    pattern: Annotated[
        FilterText, Query(description="`+8625*` begins, `*888` ends, `*66*` contains.")
    ] = "",
    grade: Annotated[
        FilterText, Query(description="A vanity grade, or `plain`; empty for all.")
    ] = "",
    exchange: ExchangeName = "",
    local_network: AreaCode = "",
    limit: Annotated[int, Query(ge=1, le=100, description="The most to show."), IS_DIGITS] = 20,
) -> Response:
    """Return idle numbers that match, in an order that does not change by itself."""
    asked = NumberSearch(
        tenant=caller.tenant,
        pattern=read_pattern(pattern),
        grade=read_grade(grade, store.known_grades()),
        exchange_id=exchange and store.canonical_plant_name(session, caller.tenant, exchange),
        local_network=local_network,
        limit=limit,
    )
    found = store.search_numbers(session, asked)
    if not found:
        names = {"exchange": asked.exchange_id, "local_network": local_network}
        check_plant_names(session, caller.tenant, **names)
    return list_response([NumberView.of(each) for each in found])


@router.get(f"{NUMBERS_PATH}/{{e164}}", response_model=NumberDetail)
def read_number(e164: str, caller: NumberReader, session: ReadSessionDep) -> Response:
    """Return one number; operations staff also see its holder and its history."""
    number = store.get_number(session, (caller.tenant, read_e164(e164)))
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
    """Keep an idle number for the caller; asking again gains no time.

    An order of the same client that names the number reserves it.
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
    """Let a number go that the caller keeps; one that nobody keeps may stay so."""
    await batcher.execute(cause, partial(deselect_for_client, read_e164(e164), caller.client))
    return Response(status_code=204)


def select_for_client(e164: str, client: str, work: UnitOfWork) -> Number:
    """Keep a number for a client, and remember when that ends."""
    number = store.get_number_for_update(work.session, (work.tenant, e164))
    selected = select(number, client, work.now)
    if selected is not number:
        save_number(number, selected, client, work)
        assert selected.until
        schedule(work, selected.until, HoldExpired(e164=e164, until=selected.until))
    return selected


def deselect_for_client(e164: str, client: str, work: UnitOfWork) -> None:
    """Let a number go, if this client keeps it."""
    number = store.get_number_for_update(work.session, (work.tenant, e164))
    idle = deselect(number, client, work.now)
    if idle is not number:
        save_number(number, idle, client, work)


def save_number(number: Number, after: Number, client: str, work: UnitOfWork) -> None:
    """Write a changed number down, and note it."""
    store.put_numbers(work.session, [after])
    verb = "selected" if after.state is NumberState.SELECTED else "given up"
    work.record_change(
        "number", after.e164, number.state, after.state, reason=f"{verb} by {client}"
    )
