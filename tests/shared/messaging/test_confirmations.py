"""Confirmations of the broker, and those that are not accepted."""

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from shared.kafka.record_types import OutboxRecord
from shared.messaging.confirmations import Confirmations
from tests.shared.order_log import ORDER

RECORD = OutboxRecord(uuid4(), "", "a.b.v1", "a", ORDER, 1, b"")


def at(offset: int) -> Any:
    """Return the metadata of a confirmed record."""
    return SimpleNamespace(partition=7, offset=offset)


def test_an_offset_at_or_past_the_baseline_is_confirmed() -> None:
    confirmations = Confirmations()
    confirmations.set_baseline({"a/7": 3})

    assert not confirmations.add_or_return_error(RECORD, at(3))
    assert not confirmations.add_or_return_error(RECORD, at(5))

    assert confirmations.take_unsaved() == ([RECORD, RECORD], {"a/7": 5})


def test_an_offset_below_the_baseline_is_not_confirmed() -> None:
    confirmations = Confirmations()
    confirmations.set_baseline({"a/7": 3})

    assert confirmations.add_or_return_error(RECORD, at(2)) == "a/7 was at 2, and is at 2"
    assert confirmations.add_or_return_error(
        RECORD, at(-1)
    )  # a duplicate, whose offset the broker does not know

    assert not confirmations


def test_confirmations_of_a_broker_that_was_wiped_are_dropped() -> None:
    confirmations = Confirmations()
    confirmations.add_or_return_error(RECORD, at(3))

    confirmations.reset()

    assert not confirmations
    confirmations.set_baseline({})
    assert not confirmations.add_or_return_error(RECORD, at(0))


def test_confirmations_that_arrive_after_a_wipe_are_refused() -> None:
    confirmations = Confirmations()
    confirmations.reset()

    assert confirmations.add_or_return_error(RECORD, at(3)) == "a/7 was wiped"

    confirmations.set_baseline({"a/7": 3})
    assert not confirmations.add_or_return_error(RECORD, at(3))
    assert confirmations.take_unsaved() == ([RECORD], {"a/7": 3})
