"""An order that is accepted twice has one plan, and the second message is a dead letter."""

from uuid import UUID

import msgspec
import pytest

from services.provisioning.handlers import SUBSCRIPTIONS
from shared.contracts import Causation
from shared.kafka.record_types import ConsumedRecord
from shared.messaging.dead_letters import DeadLetterReason
from shared.persistence.database import Sessions
from tests.kernel import TENANT, consume_records, dead_letter_rows, record_of
from tests.provisioning.builders import ORDER_ID, accepted
from tests.provisioning.database import REFERENCE, plan_of, publish


def accepted_by(client: str, cause: int) -> ConsumedRecord:
    """Return the record of a client's accepted order, with its own id."""
    order = msgspec.structs.replace(accepted(), client=client)
    return record_of(order, Causation(UUID(int=cause), order.order_id, TENANT))


@pytest.mark.parametrize("together", [True, False])
def test_a_known_order_that_is_accepted_again_is_parked_at_once_by_name(
    sessions: Sessions, *, together: bool
) -> None:
    publish(sessions, REFERENCE)
    first, second = accepted_by("crm", 1), accepted_by("another", 2)

    for batch in [[first, second]] if together else [[first], [second]]:
        consume_records(sessions, SUBSCRIPTIONS, batch)

    (row,) = dead_letter_rows(sessions)
    assert row.why is DeadLetterReason.RULE_BROKEN
    assert f"there is a plan {ORDER_ID} already" in row.error
    assert plan_of(sessions).client == "crm"
