"""Messages that provisioning consumes before their service exists."""

from uuid import UUID, uuid4

from msgspec import structs

from services.provisioning.domain.plan.plan import PlanState
from services.provisioning.handlers import SUBSCRIPTIONS
from shared.contracts import BusinessAction
from shared.messaging.commit_context import CommitContext
from shared.messaging.dead_letters import DeadLetterReason
from shared.messaging.dispatcher import Dispatcher
from shared.messaging.redelivery import redeliver
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.kernel import consume, dead_letter_rows
from tests.provisioning.builders import ORDER_ID, OTHER_ID, accepted, an_item, for_action
from tests.provisioning.database import REFERENCE, plan_of, publish, run

THIRD_ID = UUID("00000000-0000-0000-0000-0000000000a3")


def test_an_order_that_ends_a_service_waits_until_the_service_exists(sessions: Sessions) -> None:
    """After a restore, the order that created it completes after this one is consumed."""
    ending = accepted(an_item(action=BusinessAction.DISCONNECT), order_id=OTHER_ID)
    publish(sessions, for_action(REFERENCE, BusinessAction.DISCONNECT))

    consume(sessions, SUBSCRIPTIONS, ending)
    early = [(each.why, each.released_at) for each in dead_letter_rows(sessions)]
    run(sessions, accepted())
    dispatcher = Dispatcher(sessions, SUBSCRIPTIONS)
    redeliver(sessions, dispatcher, ending.key.bytes, NOON, CommitContext(uuid4()))

    assert early == [(DeadLetterReason.EARLY, None)]
    assert plan_of(sessions, OTHER_ID).state is PlanState.RUNNING


def test_an_order_waits_until_the_one_that_it_follows_has_changed_the_service(
    sessions: Sessions,
) -> None:
    """After a restore both are consumed again in any order; the later one must come last."""
    changing = for_action(REFERENCE, BusinessAction.CHANGE)
    item = an_item(action=BusinessAction.CHANGE)
    first = accepted(structs.replace(item, follows=ORDER_ID), order_id=OTHER_ID)
    second = accepted(structs.replace(item, follows=OTHER_ID), order_id=THIRD_ID)
    run(sessions, accepted())
    publish(sessions, changing)

    consume(sessions, SUBSCRIPTIONS, second)
    early = [(each.why, each.released_at) for each in dead_letter_rows(sessions)]
    run(sessions, first, changing)
    dispatcher = Dispatcher(sessions, SUBSCRIPTIONS)
    redeliver(sessions, dispatcher, second.key.bytes, NOON, CommitContext(uuid4()))

    assert early == [(DeadLetterReason.EARLY, None)]
    assert plan_of(sessions, OTHER_ID).state is PlanState.COMPLETED
    assert plan_of(sessions, THIRD_ID).state is PlanState.RUNNING
