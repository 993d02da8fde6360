"""Whether a plan needs what is reserved for its order, as provisioning answers."""

from uuid import UUID

import pytest
from sqlalchemy import update

from services.provisioning.domain.plan import PlanState
from services.provisioning.handlers import SUBSCRIPTIONS
from services.provisioning.tables import PlanRow
from shared.contracts import Cause, ReservationAnswered, ReservationQuestioned
from shared.db import Sessions
from tests.kernel import hear, hear_records, record_of, told
from tests.provisioning.build import ORDER_ID, accepted
from tests.provisioning.database import REFERENCE, publish

QUESTION = ReservationQuestioned(order_id=ORDER_ID, question_id=UUID(int=5))


def answered(sessions: Sessions, tenant: str) -> tuple[bool, str]:
    """Ask, and return whether a plan needs it, and the plan's state."""
    cause = Cause(UUID(int=7), ORDER_ID, tenant)
    hear_records(sessions, SUBSCRIPTIONS, [record_of(QUESTION, cause)])
    said = told(sessions)[-1]
    assert isinstance(said, ReservationAnswered)
    assert said.question_id == QUESTION.question_id
    return said.is_needed, said.plan


def test_what_is_reserved_for_an_order_without_a_plan_is_not_needed(sessions: Sessions) -> None:
    assert answered(sessions, "jiangsu") == (False, "")


@pytest.mark.parametrize("state", PlanState)
def test_a_plan_needs_what_is_reserved_unless_it_has_failed(
    sessions: Sessions, state: PlanState
) -> None:
    publish(sessions, REFERENCE)
    hear(sessions, SUBSCRIPTIONS, accepted())
    with sessions.begin() as session:
        session.execute(update(PlanRow).values(state=state))

    assert answered(sessions, "jiangsu") == (state is not PlanState.FAILED, state.value)


def test_another_tenants_plan_answers_for_nothing(sessions: Sessions) -> None:
    publish(sessions, REFERENCE)
    hear(sessions, SUBSCRIPTIONS, accepted())

    assert answered(sessions, "zhejiang") == (False, "")
