"""Fallout (卡单): what people must look at, and what they decide."""

from datetime import datetime
from functools import partial
from typing import Annotated, Self, TypeAlias
from uuid import UUID

from fastapi import Body, Query, Response
from pydantic import ConfigDict
from sqlalchemy.orm import Session

from services.provisioning.api import examples
from services.provisioning.api.shown import OPS, Shown, Signed, Text, Viewer, Word
from services.provisioning.domain import people
from services.provisioning.domain.advance import advance
from services.provisioning.domain.fallout import Fallout, FalloutState, in_question
from services.provisioning.domain.people import Decided, Remedy
from services.provisioning.domain.plan import Plan
from services.provisioning.store import blueprints, outcome, plans
from services.provisioning.store import fallout as store
from shared.contracts import Cause
from shared.http import Page, RequestCause, Router, ToDesk, ToRead, paged, refusals
from shared.http.authorization import allow
from shared.http.command_batcher import Desk
from shared.input.filters import Filter, check_names
from shared.messaging.unit_of_work import Work
from shared.persistence.list_window import by
from shared.security.caller import Caller

FALLOUT = f"{OPS}/fallout"

Clerk: TypeAlias = Annotated[Caller, allow("ops:fallout")]
WAITING = frozenset({FalloutState.OPEN})
Which: TypeAlias = Annotated[str, Query(max_length=128)]
Specification: TypeAlias = Annotated[
    str, Query(max_length=128, description="One without a blueprint is answered 400.")
]

router = Router(tags=["fallout"])


class Decision(Signed):
    """What somebody decides, about which step and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.DECISION]})

    step: Word = ""
    """The step, as its plan names it: `1/test`. It can be left out where only one waits."""

    reason: Text = ""

    def signed(self, caller: Caller) -> Self:
        """Return the decision with a name under it.

        Raises:
            NotYourNameError: the token names somebody else.
        """
        return self.model_copy(update={"by": self.signature(caller)})


SAYS_NOTHING = Decision()
Said: TypeAlias = Annotated[Decision, Body()]


class FalloutView(Shown):
    """One step that did not go well, and what came of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.FALLOUT]})

    id: UUID
    order_id: UUID
    step: str
    undoing: bool
    """It was being undone."""

    state: FalloutState
    code: str
    reason: str
    """In plain words."""

    answer: str
    """What the element, or the crew, said itself."""

    actions: tuple[Remedy, ...]
    """What can be decided now."""

    specification: str
    element: str
    local_network: str
    priority: int
    times: int
    """How often it came to people."""

    opened_at: datetime
    changed_at: datetime
    changed_by: str
    remark: str

    @classmethod
    def of(cls, fallout: Fallout, plan: Plan) -> "FalloutView":
        """Show the record of a step of a plan."""
        return cls(
            id=fallout.id,
            order_id=fallout.order_id,
            step=fallout.step,
            undoing=fallout.undoing,
            state=fallout.state,
            code=fallout.code,
            reason=fallout.reason,
            answer=fallout.answer,
            actions=tuple(people.remedies_at(plan, fallout.step)),
            specification=fallout.specification,
            element=fallout.element,
            local_network=fallout.local_network,
            priority=fallout.priority,
            times=fallout.times,
            opened_at=fallout.opened_at,
            changed_at=fallout.changed_at,
            changed_by=fallout.changed_by,
            remark=fallout.remark,
        )


@router.get(FALLOUT)
def list_fallout(  # noqa: PLR0913  each is a part of the request
    *,
    caller: Viewer,
    session: ToRead,
    page: Page,
    response: Response,
    state: Annotated[frozenset[FalloutState], Query()] = WAITING,
    code: Annotated[Which, Query(description="As the element, or a rule here, called it.")] = "",
    element: Annotated[Which, Query(description="In any spelling.")] = "",
    specification: Specification = "",
) -> list[FalloutView]:
    """Return fallout, the longest waiting first: the open one, unless other states are wanted."""
    wanted = store.Wanted(state, code, element, specification)
    found = store.find(session, caller.tenant, wanted, page.rows)
    if specification and not found:
        check_specification(session, caller.tenant, specification)
    shown = paged(response, page, found, keys=by("opened_at", "id"))
    known = plans.of_orders(session, {each.order_id for each in shown})
    return [FalloutView.of(each, known[each.order_id]) for each in shown]


def check_specification(session: Session, tenant: str, name: str) -> None:
    """See that there is a blueprint of a specification by which a list was empty.

    Raises:
        InvalidError: if there never was one.
    """
    known = blueprints.known_specifications(session, tenant, name)
    remedy = "take one that GET /ops/v1/blueprints names"
    check_names([Filter("specification", "specification", name)], known, remedy)


@router.get(f"{FALLOUT}/{{order_id}}")
def read_fallout(
    order_id: UUID, caller: Viewer, session: ToRead, page: Page, response: Response
) -> list[FalloutView]:
    """Return the fallout that one order ever had, oldest first."""
    plan = plans.look(session, caller.tenant, order_id)
    found = store.of_order(session, caller.tenant, order_id, page.rows)
    shown = paged(response, page, found, keys=by("opened_at", "id"))
    return [FalloutView.of(each, plan) for each in shown]


@router.post(f"{FALLOUT}/{{order_id}}/retry", responses=refusals(409, 422))
async def retry_step(
    order_id: UUID, caller: Clerk, cause: RequestCause, desk: ToDesk, said: Said = SAYS_NOTHING
) -> FalloutView:
    """Have a step done, or undone, once more. It counts as repaired once it is seen to succeed.

    An element of which nobody knows whether it did the step is asked first.
    """
    return await serve(order_id, Remedy.RETRY, said.signed(caller), cause, desk)


@router.post(f"{FALLOUT}/{{order_id}}/skip", responses=refusals(409, 422))
async def skip_step(
    order_id: UUID, caller: Clerk, cause: RequestCause, desk: ToDesk, said: Said = SAYS_NOTHING
) -> FalloutView:
    """Go on without a step: somebody has seen to it by hand."""
    return await serve(order_id, Remedy.SKIP, said.signed(caller), cause, desk)


@router.post(f"{FALLOUT}/{{order_id}}/fail", responses=refusals(409, 422))
async def fail_order(
    order_id: UUID, caller: Clerk, cause: RequestCause, desk: ToDesk, said: Said = SAYS_NOTHING
) -> FalloutView:
    """Give the order up: undo all that was done, last things first, and fail it."""
    return await serve(order_id, Remedy.FAIL, said.signed(caller), cause, desk)


async def serve(
    order_id: UUID, remedy: Remedy, said: Decision, cause: Cause, desk: Desk
) -> FalloutView:
    """Have the desk carry out what somebody decided."""
    do = partial(decide, order_id, remedy, said)
    return await desk.serve(cause, do, needs=plans.preload_orders, about=order_id)


def decide(order_id: UUID, remedy: Remedy, said: Decision, work: Work) -> FalloutView:
    """Carry out what somebody decided, and sign it.

    Raises:
        ConflictError: if that cannot be decided now.
    """
    plan = plans.lend(work.session, work.tenant, order_id)
    ref = said.step or people.only_one_waiting(plan)
    decision = advance(plan, Decided(remedy, ref))
    outcome.carry_out(work, plan, decision)
    work.audit(f"fallout.{remedy}", f"{order_id}/{ref}", reason=said.reason)
    record = store.sign(work.session, in_question(plan, ref), said.by, said.reason)
    return FalloutView.of(record, decision.plan)
