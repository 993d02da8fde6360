"""The operators' decisions about steps in fallout."""

from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from services.provisioning.commands import plan_updates
from services.provisioning.domain.advance import advance
from services.provisioning.domain.fallout.actions import (
    FalloutAction,
    FalloutDecision,
    only_step_in_fallout,
)
from services.provisioning.domain.fallout.fallout import Fallout, current_fallout_id, sign_fallout
from services.provisioning.domain.plan.plan import Plan
from services.provisioning.store import plans
from services.provisioning.store.fallout import FALLOUT
from shared.access.access_rule import require_visible
from shared.messaging.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class SignedDecision:
    """An operator's decision about a step of an order's plan."""

    order_id: UUID
    action: FalloutAction
    step: str
    """The step's reference in the plan; empty for the only one in fallout."""

    by: str
    reason: str


class DecidedFallout(NamedTuple):
    """The signed record of a step, and the changed plan."""

    record: Fallout
    plan: Plan


def apply_signed_decision(signed: SignedDecision, work: UnitOfWork) -> DecidedFallout:
    """Apply an operator's decision, and sign it.

    Raises:
        NotVisibleError: if the tenant has no plan of that order.
        ConflictError: if that action is not possible now.
    """
    found = plans.find_in_tenant_for_update(work.session, work.tenant, signed.order_id)
    plan = require_visible(found, kind="plan", id_=signed.order_id)
    ref = signed.step or only_step_in_fallout(plan)
    decision = advance(plan, FalloutDecision(signed.action, ref))
    plan_updates.save_and_start_effects(work, plan, decision)
    work.audit(f"fallout.{signed.action}", f"{signed.order_id}/{ref}", reason=signed.reason)
    record = sign(work, current_fallout_id(plan, ref), signed.by, signed.reason)
    return DecidedFallout(record, decision.plan)


def sign(work: UnitOfWork, id_: UUID, by: str, remark: str) -> Fallout:
    """Store who decided about a step, and why."""
    after = sign_fallout(FALLOUT.get_for_update(work.session, id_), by, remark)
    FALLOUT.put(work.session, after)
    return after
