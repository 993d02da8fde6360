"""Single things of a pool: seeing them, taking them out, putting them back."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Self, TypeAlias
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from services.resources import store
from services.resources.api.examples import bodies
from services.resources.api.views.base import BaseView, StateChangeView
from services.resources.domain.pool.resource import Pool, ResourceKind
from services.resources.domain.pool.states import PoolItemState, ResourceState
from services.resources.domain.pool.withdrawal import WithdrawnState, restore, withdraw
from shared.access.approvals import Approval, SensitiveAction, check_approval
from shared.contracts import Value
from shared.errors import Fault, InvalidError
from shared.http import (
    CausationDep,
    CommandBatcherDep,
    PageDep,
    ReadSessionDep,
    Router,
    error_responses,
    list_response,
    paginate,
    view_response,
)
from shared.http.authorization import allow
from shared.messaging.unit_of_work import UnitOfWork
from shared.operations.audit_and_approvals import ApprovalView, approval_pending_response
from shared.persistence import history
from shared.persistence.history import HistoryEntry
from shared.security.caller import Caller

POOL_PATH = "/ops/v1/pools/{kind}/{name}"
MAX_VALUES = 1000
WITHDRAW_ACTION = "things.withdraw"

Viewer: TypeAlias = Annotated[Caller, allow("viewer:read", "network:read")]
PoolOperator: TypeAlias = Annotated[Caller, allow("ops:import", "network:write")]
StateRule: TypeAlias = Callable[[Mapping[str, ResourceState]], dict[str, ResourceState]]
"""Returns the new states of the things that change."""

router = Router(tags=["plant"])


class ResourceSelectionSchema(BaseModel):
    """Which things of the pool are meant, and why."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [bodies.NAMED]})

    values: Annotated[
        list[Annotated[str, Field(max_length=200)]], Field(min_length=1, max_length=MAX_VALUES)
    ]
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class WithdrawalSchema(ResourceSelectionSchema):
    """What is taken out."""

    model_config = ConfigDict(json_schema_extra={"examples": [bodies.WITHDRAWAL]})

    state: WithdrawnState


class ChangeCountView(BaseView):
    """What came of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [bodies.CHANGED]})

    changed: int = Field(description="How many were in another state before.")


class PoolItemView(BaseView):
    """One thing of a pool."""

    model_config = ConfigDict(json_schema_extra={"examples": [bodies.LEG]})

    kind: ResourceKind
    value: str = Field(examples=["NJ-XW-SP001/003"])
    pool: str = Field(description="The exchange or splitter.", examples=["NJ-XW-SP001"])
    element: str = Field(description="The network element it leads to, if it leads to one.")
    attributes: dict[str, Value]
    state: PoolItemState
    order_id: UUID | None = Field(None, description="The order that has it, or gives it back.")
    service_id: UUID | None = None

    @classmethod
    def of(cls, found: store.PoolItemStatus) -> Self:
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


class PoolItemDetail(PoolItemView):
    """One thing of a pool, with all that befell it."""

    model_config = ConfigDict(json_schema_extra={"examples": [bodies.LEG_DETAIL]})

    history: tuple[StateChangeView, ...] = Field((), description="Oldest first.")

    @classmethod
    def of_detail(cls, found: store.PoolItemStatus, changes: list[HistoryEntry]) -> Self:
        """Show all of a thing."""
        told = tuple(StateChangeView.of(each) for each in changes)
        return cls.of(found).model_copy(update={"history": told})


def item_pool(tenant: str, kind: ResourceKind, name: str) -> Pool:
    """Return a pool of things that are no numbers.

    Raises:
        InvalidError: if it is one of numbers.
    """
    if kind is ResourceKind.NUMBER:
        remedy = "see /ops/v1/numbers and /ops/v1/numbers/E164"
        raise InvalidError([Fault("kind", "numbers", "numbers are shown elsewhere", remedy)])
    return Pool(tenant, kind, name)


@router.get(f"{POOL_PATH}/things", response_model=list[PoolItemView])
def list_things(  # noqa: PLR0913  each is a part of the request
    *,
    kind: ResourceKind,
    name: str,
    caller: Viewer,
    session: ReadSessionDep,
    page: PageDep,
    response: Response,
    state: PoolItemState | None = None,
) -> Response:
    """Return the things of a pool that are no numbers, by value."""
    pool = item_pool(caller.tenant, kind, store.canonical_plant_name(session, caller.tenant, name))
    found = store.find_pool_items(session, pool, state, page.window)
    return list_response(
        [
            PoolItemView.of(each)
            for each in paginate(response, page, found, keys=lambda each: (each[0].value,))
        ],
        response=response,
    )


@router.get(f"{POOL_PATH}/things/{{value:path}}", response_model=PoolItemDetail)
def read_thing(
    kind: ResourceKind, name: str, value: str, caller: Viewer, session: ReadSessionDep
) -> Response:
    """Return one thing of a pool with its holder and its history."""
    pool = item_pool(caller.tenant, kind, store.canonical_plant_name(session, caller.tenant, name))
    found = store.get_pool_item(session, pool, value)
    changes = history.read(session, caller.tenant, found[0].value)
    return view_response(
        PoolItemDetail.of_detail(found, [each for each in changes if each.kind == kind])
    )


@router.post(
    f"{POOL_PATH}/withdraw",
    response_model=ChangeCountView,
    responses={
        202: {"model": ApprovalView, "description": "A second person must approve it."},
        **error_responses(409),
    },
)
async def withdraw_things(  # noqa: PLR0913  each is a part of the request
    *,
    kind: ResourceKind,
    name: str,
    asked: WithdrawalSchema,
    caller: PoolOperator,
    cause: CausationDep,
    batcher: CommandBatcherDep,
) -> Response:
    """Take things out of a pool, as blocked or faulty: all that are named, or none.

    Only what nobody has can be taken out; what is out already stays so.
    """
    pool, rule = Pool(caller.tenant, kind, name), partial(withdraw, kind=kind, target=asked.state)
    content = [asked.state, sorted(asked.values)]
    danger = SensitiveAction(WITHDRAW_ACTION, f"{kind}/{name}", content, asked.reason)
    moved = partial(change_states, pool, asked, caller.person, rule)
    done = await batcher.execute(cause, partial(withdraw_if_approved, danger, caller, moved))
    return approval_pending_response(done) if isinstance(done, Approval) else view_response(done)


def withdraw_if_approved(
    danger: SensitiveAction,
    caller: Caller,
    moved: Callable[[UnitOfWork], ChangeCountView],
    work: UnitOfWork,
) -> ChangeCountView | Approval:
    """Take things out of a pool, or return the approval that it waits for."""
    return check_approval(work, caller, danger) or moved(work)


@router.post(f"{POOL_PATH}/restore", responses=error_responses(409))
async def restore_things(  # noqa: PLR0913  each is a part of the request
    *,
    kind: ResourceKind,
    name: str,
    asked: ResourceSelectionSchema,
    caller: PoolOperator,
    cause: CausationDep,
    batcher: CommandBatcherDep,
) -> ChangeCountView:
    """Put things back into a pool that were taken out: all that are named, or none."""
    pool = Pool(caller.tenant, kind, name)
    return await batcher.execute(cause, partial(change_states, pool, asked, caller.person, restore))


def change_states(
    pool: Pool, asked: ResourceSelectionSchema, by: str, rule: StateRule, work: UnitOfWork
) -> ChangeCountView:
    """Move things of a pool to other states, and note who did it and why."""
    pool = pool._replace(name=store.canonical_plant_name(work.session, pool.tenant, pool.name))
    names = store.canonical_values(work.session, pool, asked.values)
    found = store.get_states_for_update(work.session, pool, set(names.values()))
    check_known_values([names[each] for each in asked.values], found)
    states = rule(found)
    store.put_states(work.session, pool, states)
    verb = "things.restore" if rule is restore else WITHDRAW_ACTION
    work.audit(verb, f"{pool.kind}/{pool.name}", reason=asked.reason, things=len(states))
    for value, state in states.items():
        work.record_change(pool.kind, value, found[value], state, reason=f"by {by}: {asked.reason}")
    return ChangeCountView(changed=len(states))


def check_known_values(values: Sequence[str], found: Mapping[str, ResourceState]) -> None:
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
