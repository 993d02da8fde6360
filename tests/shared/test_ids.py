"""Ids that sort by their time of making, and ids derived from a name."""

import time
from uuid import uuid4, uuid5

import pytest

from shared.ids import named_id, time_ordered_id

MANY = 10_000


def test_ids_are_of_version_7_and_never_the_same() -> None:
    made = [time_ordered_id() for _ in range(MANY)]

    assert len(set(made)) == MANY
    assert {(each.version, each.variant) for each in made} == {(7, "specified in RFC 4122")}


def test_an_id_made_later_sorts_later() -> None:
    earlier = time_ordered_id()
    began = time.time_ns()
    while time.time_ns() < began + 1_000:
        pass

    assert earlier < time_ordered_id()


def test_an_id_contains_the_millisecond_of_its_making() -> None:
    before = time.time_ns() // 1_000_000
    found = time_ordered_id().int >> 80
    after = time.time_ns() // 1_000_000

    assert before <= found <= after


@pytest.mark.parametrize("name", ["", "order.accepted.v1/0", "开通", "x" * 5_000])
def test_a_named_id_is_the_one_that_the_standard_library_gives(name: str) -> None:
    space = uuid4()

    assert named_id(space, name) == uuid5(space, name)
