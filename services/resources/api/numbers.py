"""Looking for numbers, and keeping one for some minutes (选号, 选占)."""

from functools import partial
from typing import Annotated, TypeAlias

from fastapi import Query, Response

from services.resources import store
from services.resources.api.filters import AreaCode, ExchangeName, check_plant
from services.resources.api.shapes import NumberDetail, NumberView
from services.resources.domain.number import Number, give_up, select
from services.resources.domain.numbering import read_e164, read_pattern
from services.resources.domain.reminders import HoldExpired
from services.resources.domain.search import Search, read_grade
from services.resources.domain.states import NumberState
from shared.http import RequestCause, Router, ToDesk, ToRead, refusals, show, show_all
from shared.http.authorization import allow
from shared.input.numbers import IS_DIGITS
from shared.messaging.unit_of_work import Work
from shared.persistence import history
from shared.scheduling.timer_store import remind
from shared.security.caller import Caller

NUMBERS = "/ops/v1/numbers"
SEES_ALL, PLANS = "viewer:read", "network:read"
Reader: TypeAlias = Annotated[Caller, allow("crm:number.read", SEES_ALL, PLANS)]
Holder: TypeAlias = Annotated[Caller, allow("crm:number.hold")]
Name: TypeAlias = Annotated[str, Query(max_length=64)]

router = Router(tags=["numbers"])


@router.get(NUMBERS, response_model=list[NumberView])
def search_numbers(  # noqa: PLR0913  each is a part of the request
    *,
    caller: Reader,
    session: ToRead,
    pattern: Annotated[
        Name, Query(description="`+8625*` begins, `*888` ends, `*66*` contains.")
    ] = "",
    grade: Annotated[Name, Query(description="A vanity grade, or `plain`; empty for all.")] = "",
    exchange: ExchangeName = "",
    local_network: AreaCode = "",
    limit: Annotated[int, Query(ge=1, le=100, description="The most to show."), IS_DIGITS] = 20,
) -> Response:
    """Return idle numbers that match, in an order that does not change by itself."""
    asked = Search(
        tenant=caller.tenant,
        pattern=read_pattern(pattern),
        grade=read_grade(grade, store.known_grades()),
        exchange_id=exchange and store.spelled(session, caller.tenant, exchange),
        local_network=local_network,
        limit=limit,
    )
    found = store.search(session, asked)
    if not found:
        names = {"exchange": asked.exchange_id, "local_network": local_network}
        check_plant(session, caller.tenant, **names)
    return show_all([NumberView.of(each) for each in found])


@router.get(f"{NUMBERS}/{{e164}}", response_model=NumberDetail)
def read_number(e164: str, caller: Reader, session: ToRead) -> Response:
    """Return one number; operations staff also see its holder and its history."""
    number = store.look_up(session, (caller.tenant, read_e164(e164)))
    if not caller.may(SEES_ALL, PLANS):
        return show(NumberView.of(number))
    return show(NumberDetail.whole(number, history.read(session, caller.tenant, e164)))


@router.post(
    f"{NUMBERS}/{{e164}}/hold", response_model=NumberView, status_code=201, responses=refusals(409)
)
async def hold_number(
    e164: str, caller: Holder, cause: RequestCause, desk: ToDesk, response: Response
) -> Response:
    """Keep an idle number for the caller; asking again gains no time.

    An order of the same client that names the number reserves it.
    """
    number = await desk.serve(cause, partial(hold, read_e164(e164), caller.client))
    response.status_code = 201
    return show(NumberView.of(number), response=response)


@router.delete(f"{NUMBERS}/{{e164}}/hold", status_code=204, responses=refusals(409))
async def give_number_up(e164: str, caller: Holder, cause: RequestCause, desk: ToDesk) -> Response:
    """Let a number go that the caller keeps; one that nobody keeps may stay so."""
    await desk.serve(cause, partial(let_go, read_e164(e164), caller.client))
    return Response(status_code=204)


def hold(e164: str, client: str, work: Work) -> Number:
    """Keep a number for a client, and remember when that ends."""
    number = store.wait_for(work.session, (work.tenant, e164))
    selected = select(number, client, work.now)
    if selected is not number:
        change(number, selected, client, work)
        assert selected.until
        remind(work, selected.until, HoldExpired(e164=e164, until=selected.until))
    return selected


def let_go(e164: str, client: str, work: Work) -> None:
    """Let a number go, if this client keeps it."""
    number = store.wait_for(work.session, (work.tenant, e164))
    idle = give_up(number, client, work.now)
    if idle is not number:
        change(number, idle, client, work)


def change(number: Number, after: Number, client: str, work: Work) -> None:
    """Write a changed number down, and note it."""
    store.put(work.session, [after])
    verb = "selected" if after.state is NumberState.SELECTED else "given up"
    work.note("number", after.e164, number.state, after.state, reason=f"{verb} by {client}")
