"""The crews' answers to work orders."""

from uuid import UUID

from services.provisioning.commands import plan_updates
from services.provisioning.domain.advance import advance
from services.provisioning.domain.work_order import (
    CrewAnswer,
    WorkOrder,
    apply_crew_answer,
    plan_event_of,
)
from services.provisioning.store import plans, work_orders
from services.provisioning.store.work_orders import Visibility
from shared.access.access_rule import require_visible
from shared.messaging.unit_of_work import UnitOfWork


def answer_work_order(
    work_order_id: UUID, answer: CrewAnswer, visibility: Visibility, work: UnitOfWork
) -> WorkOrder:
    """Apply a crew's answer to the work order, and advance its plan.

    Raises:
        NotVisibleError: if the caller sees no work order with that id.
        ConflictError: if the work order was answered differently before.
    """
    found = work_orders.find_visible_for_update(work.session, visibility, work_order_id)
    before = require_visible(found, kind="work order", id_=work_order_id)
    after = apply_crew_answer(before, answer, work.now)
    if after != before:
        plan_updates.save_work_order(work, before, after)
        plan = plans.get_for_update(work.session, after.order_id)
        plan_updates.save_and_start_effects(work, plan, advance(plan, plan_event_of(after, answer)))
    return after
