"""Messages that provisioning consumes before their service exists."""

from uuid import uuid4

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
from tests.provisioning.builders import OTHER_ID, accepted, an_item, for_action
from tests.provisioning.database import REFERENCE, plan_of, publish, run


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
