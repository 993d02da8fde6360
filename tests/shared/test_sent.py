"""What the broker has confirmed, and when that is not taken for true."""

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from shared.kafka.records import OutboxRecord
from shared.messaging.confirmations import Confirmations
from tests.shared.order_log import ORDER

LETTER = OutboxRecord(uuid4(), "", "a.b.v1", "a", ORDER, 1, b"")


def at(offset: int) -> Any:
    """Return a place as the broker tells it."""
    return SimpleNamespace(partition=7, offset=offset)


def test_what_lies_past_all_that_was_there_is_sent() -> None:
    sent = Confirmations()
    sent.set_baseline({"a/7": 3})

    assert not sent.add(LETTER, at(3))
    assert not sent.add(LETTER, at(5))

    assert sent.drain() == ([LETTER, LETTER], {"a/7": 5})


def test_what_seems_to_lie_where_something_else_was_is_not_sent() -> None:
    sent = Confirmations()
    sent.set_baseline({"a/7": 3})

    assert sent.add(LETTER, at(2)) == "a/7 was at 2, and is at 2"
    assert sent.add(LETTER, at(-1))  # it has this letter already, and does not know where

    assert not sent


def test_what_a_broker_has_confirmed_that_was_wiped_is_not_marked() -> None:
    sent = Confirmations()
    sent.add(LETTER, at(3))

    sent.reset()

    assert not sent
    sent.set_baseline({})
    assert not sent.add(LETTER, at(0))


def test_what_an_old_producer_tells_after_its_broker_was_wiped_is_not_marked() -> None:
    sent = Confirmations()
    sent.reset()

    assert sent.add(LETTER, at(3)) == "a/7 was wiped"

    sent.set_baseline({"a/7": 3})
    assert not sent.add(LETTER, at(3))
    assert sent.drain() == ([LETTER], {"a/7": 3})
