"""Answers to the resource service: whether a plan needs the reservation of its order."""

from collections.abc import Iterator

from services.provisioning.domain.business_actions import ServiceEffect, rule_of
from services.provisioning.domain.plan.modes import GIVEN_UP_STATES
from services.provisioning.domain.plan.plan import Plan, PlanItem, PlanState
from services.provisioning.domain.service import Inventory, ServiceState
from shared.contracts import Held, ReservationAnswered, ReservationQuestioned


def answer_question(
    question: ReservationQuestioned, plan: Plan | None, services: Inventory
) -> ReservationAnswered:
    """Return whether a plan needs what is reserved for its order.

    A failed plan has released what it held. A completed plan needs what its services hold,
    whether or not resources has consumed its completion, and nothing else. A running plan
    may need all.

    Args:
        question: the question of the resource service.
        plan: the order's plan, if it has one.
        services: those of a completed plan, as they are now.
    """
    is_over = plan is not None and plan.state is PlanState.COMPLETED
    needs = tuple(needed_resources(plan, services)) if plan and is_over else None
    return ReservationAnswered(
        order_id=question.order_id,
        question_id=question.question_id,
        is_needed=plan is not None and plan.state not in GIVEN_UP_STATES and needs != (),
        plan=plan.state if plan else "",
        needs=needs,
    )


def needed_resources(plan: Plan, services: Inventory) -> Iterator[Held]:
    """Yield what a completed plan needs: also what is given up with its completion."""
    for item in plan.items:
        yield from item.pre_released
        if not is_ended_by_another_order(item, services):
            yield from item.held


def is_ended_by_another_order(item: PlanItem, services: Inventory) -> bool:
    """Tell whether another order has ended the service that an item made or changed."""
    service = services.get(item.service_id)
    is_ended = service is not None and service.state is ServiceState.TERMINATED
    return is_ended and rule_of(item).effect is not ServiceEffect.ENDS
