"""What provisioning hears before what it is about is made."""

from uuid import uuid4

from msgspec.structs import replace

from services.provisioning.domain.plan import PlanState
from services.provisioning.handlers import SUBSCRIPTIONS
from shared.contracts import Action
from shared.messaging.after_commit import Dispatch
from shared.messaging.dead_letters import Why
from shared.messaging.dispatcher import Receiver
from shared.messaging.redelivery import release
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.kernel import hear, parked
from tests.provisioning.build import OTHER_ID, accepted, an_item
from tests.provisioning.database import REFERENCE, plan_of, publish, run


def test_an_order_that_ends_a_service_waits_until_that_is_made(sessions: Sessions) -> None:
    """After a restore, the order that made it is completed later than this one is read."""
    ending = accepted(an_item(action=Action.DELETE), order_id=OTHER_ID)
    publish(sessions, replace(REFERENCE, action=Action.DELETE))

    hear(sessions, SUBSCRIPTIONS, ending)
    early = [(each.why, each.released_at) for each in parked(sessions)]
    run(sessions, accepted())
    receiver = Receiver(sessions, SUBSCRIPTIONS)
    release(sessions, receiver, ending.key.bytes, NOON, Dispatch(uuid4()))

    assert early == [(Why.EARLY, None)]
    assert plan_of(sessions, OTHER_ID).state is PlanState.RUNNING
