"""Single things of a pool: seeing them, taking them out, putting them back."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Self, TypeAlias
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from services.resources import store
from services.resources.api import examples
from services.resources.api.shapes import ChangeView, Shape
from services.resources.domain.states import ItemState, State
from services.resources.domain.things import Kind, Pool
from services.resources.domain.withdrawal import Why, restore, withdraw
from shared.access.approvals import Approval, Dangerous, passes
from shared.contracts import Value
from shared.errors import Fault, InvalidError
from shared.http import Page, RequestCause, Router, ToDesk, ToRead, paged, refusals, show, show_all
from shared.http.authorization import allow
from shared.messaging.unit_of_work import Work
from shared.operations.people import ApprovalView, waiting_for
from shared.persistence import history
from shared.persistence.history import Change
from shared.security.caller import Caller

POOL = "/ops/v1/pools/{kind}/{name}"
MOST = 1000
WITHDRAW = "things.withdraw"

Viewer: TypeAlias = Annotated[Caller, allow("viewer:read", "network:read")]
Keeper: TypeAlias = Annotated[Caller, allow("ops:import", "network:write")]
Rule: TypeAlias = Callable[[Mapping[str, State]], dict[str, State]]
"""Returns the new states of the things that change."""

router = Router(tags=["plant"])


class Named(BaseModel):
    """Which things of the pool are meant, and why."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.NAMED]})

    values: Annotated[
        list[Annotated[str, Field(max_length=200)]], Field(min_length=1, max_length=MOST)
    ]
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class Withdrawal(Named):
    """What is taken out."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.WITHDRAWAL]})

    state: Why


class ChangedView(Shape):
    """What came of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CHANGED]})

    changed: int = Field(description="How many were in another state before.")


class ThingView(Shape):
    """One thing of a pool."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.LEG]})

    kind: Kind
    value: str = Field(examples=["NJ-XW-SP001/003"])
    pool: str = Field(description="The exchange or splitter.", examples=["NJ-XW-SP001"])
    element: str = Field(description="The network element it leads to, if it leads to one.")
    attributes: dict[str, Value]
    state: ItemState
    order_id: UUID | None = Field(None, description="The order that has it, or gives it back.")
    service_id: UUID | None = None

    @classmethod
    def of(cls, found: store.Found) -> Self:
        """Show what was found."""
        thing, state, order_id, service_id = found
        return cls(
            kind=thing.pool.kind,
            value=thing.value,
            pool=thing.pool.name,
            element=thing.element,
            attributes={each.name: each.value for each in thing.attributes},
            state=state,
            order_id=order_id,
            service_id=service_id,
        )


class ThingDetail(ThingView):
    """One thing of a pool, with all that befell it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.LEG_DETAIL]})

    history: tuple[ChangeView, ...] = Field((), description="Oldest first.")

    @classmethod
    def whole(cls, found: store.Found, changes: list[Change]) -> Self:
        """Show all of a thing."""
        told = tuple(ChangeView.of(each) for each in changes)
        return cls.of(found).model_copy(update={"history": told})


def items_of(tenant: str, kind: Kind, name: str) -> Pool:
    """Return a pool of things that are no numbers.

    Raises:
        InvalidError: if it is one of numbers.
    """
    if kind is Kind.NUMBER:
        remedy = "see /ops/v1/numbers and /ops/v1/numbers/E164"
        raise InvalidError([Fault("kind", "numbers", "numbers are shown elsewhere", remedy)])
    return Pool(tenant, kind, name)


@router.get(f"{POOL}/things", response_model=list[ThingView])
def list_things(  # noqa: PLR0913  each is a part of the request
    *,
    kind: Kind,
    name: str,
    caller: Viewer,
    session: ToRead,
    page: Page,
    response: Response,
    state: ItemState | None = None,
) -> Response:
    """Return the things of a pool that are no numbers, by value."""
    pool = items_of(caller.tenant, kind, store.spelled(session, caller.tenant, name))
    found = store.find_items(session, pool, state, page.rows)
    return show_all(
        [
            ThingView.of(each)
            for each in paged(response, page, found, keys=lambda each: (each[0].value,))
        ],
        response=response,
    )


@router.get(f"{POOL}/things/{{value:path}}", response_model=ThingDetail)
def read_thing(kind: Kind, name: str, value: str, caller: Viewer, session: ToRead) -> Response:
    """Return one thing of a pool with its holder and its history."""
    pool = items_of(caller.tenant, kind, store.spelled(session, caller.tenant, name))
    found = store.look_at_item(session, pool, value)
    changes = history.read(session, caller.tenant, found[0].value)
    return show(ThingDetail.whole(found, [each for each in changes if each.kind == kind]))


@router.post(
    f"{POOL}/withdraw",
    response_model=ChangedView,
    responses={
        202: {"model": ApprovalView, "description": "A second person must approve it."},
        **refusals(409),
    },
)
async def withdraw_things(  # noqa: PLR0913  each is a part of the request
    *,
    kind: Kind,
    name: str,
    asked: Withdrawal,
    caller: Keeper,
    cause: RequestCause,
    desk: ToDesk,
) -> Response:
    """Take things out of a pool, as blocked or faulty: all that are named, or none.

    Only what nobody has can be taken out; what is out already stays so.
    """
    pool, rule = Pool(caller.tenant, kind, name), partial(withdraw, kind=kind, why=asked.state)
    content = [asked.state, sorted(asked.values)]
    danger = Dangerous(WITHDRAW, f"{kind}/{name}", content, asked.reason)
    moved = partial(change, pool, asked, caller.person, rule)
    done = await desk.serve(cause, partial(withdraw_if_approved, danger, caller, moved))
    return waiting_for(done) if isinstance(done, Approval) else show(done)


def withdraw_if_approved(
    danger: Dangerous, caller: Caller, moved: Callable[[Work], ChangedView], work: Work
) -> ChangedView | Approval:
    """Take things out of a pool, or return the approval that it waits for."""
    return passes(work, caller, danger) or moved(work)


@router.post(f"{POOL}/restore", responses=refusals(409))
async def restore_things(  # noqa: PLR0913  each is a part of the request
    *, kind: Kind, name: str, asked: Named, caller: Keeper, cause: RequestCause, desk: ToDesk
) -> ChangedView:
    """Put things back into a pool that were taken out: all that are named, or none."""
    pool = Pool(caller.tenant, kind, name)
    return await desk.serve(cause, partial(change, pool, asked, caller.person, restore))


def change(pool: Pool, asked: Named, by: str, rule: Rule, work: Work) -> ChangedView:
    """Move things of a pool to other states, and note who did it and why."""
    pool = pool._replace(name=store.spelled(work.session, pool.tenant, pool.name))
    names = store.spelled_values(work.session, pool, asked.values)
    found = store.lend_states(work.session, pool, set(names.values()))
    refuse_unknown([names[each] for each in asked.values], found)
    states = rule(found)
    store.put_states(work.session, pool, states)
    verb = "things.restore" if rule is restore else WITHDRAW
    work.audit(verb, f"{pool.kind}/{pool.name}", reason=asked.reason, things=len(states))
    for value, state in states.items():
        work.note(pool.kind, value, found[value], state, reason=f"by {by}: {asked.reason}")
    return ChangedView(changed=len(states))


def refuse_unknown(values: Sequence[str], found: Mapping[str, State]) -> None:
    """Let no value pass that the pool does not have.

    Raises:
        InvalidError: if there are any; all of them are named.
    """
    remedy = "see which there are, or name the pool that has it"
    faults = [
        Fault(f"/values/{place}", "unknown-thing", "the pool has no such thing", remedy)
        for place, value in enumerate(values)
        if value not in found
    ]
    if faults:
        raise InvalidError(faults)
