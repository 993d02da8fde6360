"""Provisioning answers whether a plan needs the reservation of its order."""

from dataclasses import replace
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import update

from services.provisioning.domain.blueprint.blueprint import Blueprint
from services.provisioning.domain.plan.plan import PlanState
from services.provisioning.domain.plan.working_plan import completed_service
from services.provisioning.domain.reservation_answer import answer_question
from services.provisioning.handlers import SUBSCRIPTIONS, TAKEOVER
from services.provisioning.tables import PlanRow
from shared.contracts import (
    BusinessAction,
    Causation,
    OrderAccepted,
    ReservationAnswered,
    ReservationQuestioned,
    ServiceCompleted,
)
from shared.persistence.database import Sessions
from tests.kernel import consume, consume_records, published, record_of
from tests.provisioning.builders import (
    HELD,
    ORDER_ID,
    OTHER_ID,
    accepted,
    an_item,
    for_action,
    planned,
)
from tests.provisioning.database import REFERENCE, plan_of, publish, run

QUESTION = ReservationQuestioned(order_id=ORDER_ID, question_id=UUID(int=5))


ENDING = for_action(REFERENCE, BusinessAction.DISCONNECT)
QUESTION_ABOUT_OTHER = ReservationQuestioned(order_id=OTHER_ID, question_id=UUID(int=6))


def answer(
    sessions: Sessions, tenant: str, question: ReservationQuestioned = QUESTION
) -> ReservationAnswered:
    """Consume a question, and return the published answer."""
    cause = Causation(UUID(int=7), question.order_id, tenant)
    consume_records(sessions, SUBSCRIPTIONS, [record_of(question, cause)])
    answered_message = published(sessions)[-1]
    assert isinstance(answered_message, ReservationAnswered)
    assert answered_message.question_id == question.question_id
    return answered_message


def answered(sessions: Sessions, tenant: str) -> tuple[bool, str]:
    """Consume a question; return whether a plan needs the reservation, and the plan's state."""
    answered_message = answer(sessions, tenant)
    return answered_message.is_needed, answered_message.plan


def test_what_is_reserved_for_an_order_without_a_plan_is_not_needed(sessions: Sessions) -> None:
    assert answered(sessions, "jiangsu") == (False, "")


@pytest.mark.parametrize("state", [PlanState.RUNNING, PlanState.UNDOING, PlanState.FAILED])
def test_a_plan_that_is_under_way_needs_what_is_reserved_and_one_that_failed_does_not(
    sessions: Sessions, state: PlanState
) -> None:
    publish(sessions, REFERENCE)
    consume(sessions, SUBSCRIPTIONS, accepted())
    with sessions.begin() as session:
        session.execute(update(PlanRow).values(state=state))

    assert answered(sessions, "jiangsu") == (state is not PlanState.FAILED, state.value)


def test_a_completed_plan_needs_only_the_holdings_of_its_services(sessions: Sessions) -> None:
    order = complete(sessions, accepted())

    answered_message = answer(sessions, "jiangsu")

    assert (answered_message.is_needed, answered_message.plan) == (True, "completed")
    assert answered_message.needs == plan_of(sessions, order.order_id).items[0].held != ()


def test_a_completed_plan_needs_what_it_gives_up_until_resources_has_consumed_its_completion() -> (
    None
):
    plan = planned(REFERENCE).plan
    number, pair = HELD["number"], HELD["pair"]
    swapped = msgspec.structs.replace(plan.items[0], held=(pair,), pre_released=(number,))
    completed = replace(plan, state=PlanState.COMPLETED, items=(swapped,))

    assert answer_question(QUESTION, completed, {}).needs == (number, pair)


def test_a_completed_plan_whose_services_were_ended_needs_nothing(sessions: Sessions) -> None:
    complete(sessions, accepted())
    end = an_item(action=BusinessAction.DISCONNECT)
    complete(sessions, accepted(end, order_id=OTHER_ID), ENDING)

    answered_message = answer(sessions, "jiangsu")

    assert (answered_message.is_needed, answered_message.plan, answered_message.needs) == (
        False,
        "completed",
        (),
    )


def test_a_plan_that_has_ended_services_needs_what_it_releases(sessions: Sessions) -> None:
    """Otherwise they would be put into use again."""
    complete(sessions, accepted())
    end = an_item(action=BusinessAction.DISCONNECT)
    ended = complete(sessions, accepted(end, order_id=OTHER_ID), ENDING)

    answered_message = answer(sessions, "jiangsu", QUESTION_ABOUT_OTHER)

    assert (answered_message.is_needed, answered_message.needs) == (
        True,
        plan_of(sessions, ended.order_id).items[0].held,
    )


def complete(
    sessions: Sessions, order: OrderAccepted, blueprint: Blueprint = REFERENCE
) -> OrderAccepted:
    """Assign resources to an order, and take it over as completed."""
    run(sessions, order, blueprint)
    plan = plan_of(sessions, order.order_id)
    done = tuple(completed_service(each) for each in plan.items)
    completed = ServiceCompleted(order_id=order.order_id, services=done)
    consume(sessions, TAKEOVER.subscriptions, completed)
    return order


def test_another_tenants_plan_needs_nothing(sessions: Sessions) -> None:
    publish(sessions, REFERENCE)
    consume(sessions, SUBSCRIPTIONS, accepted())

    assert answered(sessions, "zhejiang") == (False, "")
