"""What was told before a restore is not told again, unless something has undone it since."""

from uuid import UUID, uuid4

import pytest

from shared.contracts import Causation, Message, ServiceHeld, ServiceResumed
from shared.contracts.base import contract_of, public_contracts
from shared.messaging.after_commit import AfterCommit
from shared.messaging.unit_of_work import begin_transaction
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.kernel import TENANT, envelopes, published
from tests.shared.order_log import ORDER, OTHER

REFUSAL, DECISION, LATER_DECISION = uuid4(), uuid4(), uuid4()
"""What an element answered, and what persons decided: each causes a message of the same id."""

HELD = ServiceHeld(order_id=ORDER, step="1/test", code="dark", reason="no light")
RESUMED = ServiceResumed(order_id=ORDER, step="1/test")


def tell(sessions: Sessions, cause: UUID, message: Message) -> None:
    """Tell a message because of a cause, in a database in which all was taken over so far."""
    taken_over = frozenset(each.id for each in envelopes(sessions))
    with begin_transaction(
        sessions, NOON, AfterCommit(uuid4(), taken_over=taken_over)
    ) as transaction:
        transaction.unit_of_work(Causation(cause, ORDER, TENANT)).publish(message)


def test_what_holds_still_is_not_told_again(sessions: Sessions) -> None:
    tell(sessions, REFUSAL, HELD)

    tell(sessions, REFUSAL, HELD)

    assert published(sessions) == [HELD]


def test_a_plan_that_was_told_to_go_on_is_told_to_be_held_again_once(sessions: Sessions) -> None:
    tell(sessions, REFUSAL, HELD)
    tell(sessions, DECISION, RESUMED)

    tell(sessions, REFUSAL, HELD)
    tell(sessions, REFUSAL, HELD)

    assert published(sessions) == [HELD, RESUMED, HELD]
    assert len({each.id for each in envelopes(sessions)}) == 3


def test_it_is_told_as_often_as_it_was_undone(sessions: Sessions) -> None:
    for cause in (DECISION, LATER_DECISION):
        tell(sessions, REFUSAL, HELD)
        tell(sessions, cause, RESUMED)

    tell(sessions, REFUSAL, HELD)
    tell(sessions, REFUSAL, HELD)

    assert published(sessions) == [HELD, RESUMED, HELD, RESUMED, HELD]


def test_what_undoes_is_not_told_again_itself(sessions: Sessions) -> None:
    tell(sessions, REFUSAL, HELD)
    tell(sessions, DECISION, RESUMED)

    tell(sessions, DECISION, RESUMED)

    assert published(sessions) == [HELD, RESUMED]


def test_another_key_undoes_nothing(sessions: Sessions) -> None:
    tell(sessions, REFUSAL, HELD)
    tell(sessions, DECISION, ServiceResumed(order_id=OTHER, step="1/test"))

    tell(sessions, REFUSAL, HELD)

    assert [each.key for each in published(sessions)] == [ORDER, OTHER]


@pytest.mark.parametrize("contract", public_contracts(), ids=lambda each: each.type)
def test_what_undoes_a_message_is_a_message_of_the_same_owner(contract: type[Message]) -> None:
    undoing = contract_of(contract.undone_by) if contract.undone_by else contract

    assert undoing is not None
    assert undoing.owner == contract.owner
