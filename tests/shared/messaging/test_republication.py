"""Messages published before a restore are not published again, unless undone since."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from shared.contracts import Causation, Message, ServiceHeld, ServiceResumed
from shared.contracts.base import contract_of, public_contracts
from shared.messaging.commit_context import Callback, CommitContext, do_nothing
from shared.messaging.unit_of_work import begin_transaction
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.kernel import TENANT, envelopes, published
from tests.shared.order_log import ORDER, OTHER

REFUSAL, DECISION, LATER_DECISION = uuid4(), uuid4(), uuid4()
"""An element's answer and two decisions of persons: each causes a message of the same id."""

HELD = ServiceHeld(order_id=ORDER, step="1/test", code="dark", reason="no light")
RESUMED = ServiceResumed(order_id=ORDER, step="1/test")


class NoteRow(NamedTuple):
    """A row about a message: a note in a list."""

    notes: list[str]

    @staticmethod
    def takes_global_lock() -> bool:
        """Return False."""
        return False

    @classmethod
    def write(cls, session: Session, several: "Sequence[NoteRow]", now: datetime) -> Callback:
        """Add a note for each row."""
        del session, now
        for each in several:
            each.notes.append("written")
        return do_nothing


def publish(
    sessions: Sessions, cause: UUID, message: Message, notes: list[str] | None = None
) -> None:
    """Publish a message with this cause, in a database with all former messages taken over."""
    taken_over = frozenset(each.id for each in envelopes(sessions))
    with begin_transaction(
        sessions, NOON, CommitContext(uuid4(), taken_over=taken_over)
    ) as transaction:
        work = transaction.unit_of_work(Causation(cause, ORDER, TENANT))
        if notes is None:
            work.publish(message)
        else:
            work.publish_with_row(message, NoteRow(notes))


def test_a_row_about_a_message_is_written_as_often_as_the_message_is_published(
    sessions: Sessions,
) -> None:
    notes: list[str] = []
    publish(sessions, REFUSAL, HELD, notes)
    publish(sessions, REFUSAL, HELD, notes)
    assert notes == ["written"]

    publish(sessions, DECISION, RESUMED)
    publish(sessions, REFUSAL, HELD, notes)

    assert notes == ["written"] * published(sessions).count(HELD) == ["written"] * 2


def test_a_message_that_still_holds_is_not_published_again(sessions: Sessions) -> None:
    publish(sessions, REFUSAL, HELD)

    publish(sessions, REFUSAL, HELD)

    assert published(sessions) == [HELD]


def test_a_message_that_was_undone_is_published_again_once(sessions: Sessions) -> None:
    publish(sessions, REFUSAL, HELD)
    publish(sessions, DECISION, RESUMED)

    publish(sessions, REFUSAL, HELD)
    publish(sessions, REFUSAL, HELD)

    assert published(sessions) == [HELD, RESUMED, HELD]
    assert len({each.id for each in envelopes(sessions)}) == 3


def test_a_message_is_published_again_each_time_it_was_undone(sessions: Sessions) -> None:
    for cause in (DECISION, LATER_DECISION):
        publish(sessions, REFUSAL, HELD)
        publish(sessions, cause, RESUMED)

    publish(sessions, REFUSAL, HELD)
    publish(sessions, REFUSAL, HELD)

    assert published(sessions) == [HELD, RESUMED, HELD, RESUMED, HELD]


def test_the_undoing_message_is_not_published_again(sessions: Sessions) -> None:
    publish(sessions, REFUSAL, HELD)
    publish(sessions, DECISION, RESUMED)

    publish(sessions, DECISION, RESUMED)

    assert published(sessions) == [HELD, RESUMED]


def test_another_key_undoes_nothing(sessions: Sessions) -> None:
    publish(sessions, REFUSAL, HELD)
    publish(sessions, DECISION, ServiceResumed(order_id=OTHER, step="1/test"))

    publish(sessions, REFUSAL, HELD)

    assert [each.key for each in published(sessions)] == [ORDER, OTHER]


@pytest.mark.parametrize("contract", public_contracts(), ids=lambda each: each.type)
def test_what_undoes_a_message_is_a_message_of_the_same_owner(contract: type[Message]) -> None:
    undoing = contract_of(contract.undone_by) if contract.undone_by else contract

    assert undoing is not None
    assert undoing.owner == contract.owner
