"""An element at its limit is reported once calls have waited long, and not before."""

import pytest

from shared.calls.element_limits import ElementLimits
from shared.health.common_troubles import element_troubles
from shared.health.database_counts import ElementQueue
from shared.observability.backlog import Backlog
from shared.observability.troubles import TroubleKind

LONG, SHORT = Backlog(3, 2.5), Backlog(3, 0.5)


@pytest.mark.parametrize(
    ("waiting", "in_flight", "limit", "is_reported"),
    [
        (LONG, 8, ElementLimits(8), True),
        (LONG, 5, ElementLimits(8), True),  # some slots are free for the moment
        (LONG, 0, ElementLimits(8, per_second=2), True),
        (LONG, 1, ElementLimits(8), False),  # there are free slots: something else is wrong
        (SHORT, 8, ElementLimits(8), False),
    ],
)
def test_an_element_is_at_its_limit_where_calls_wait_long_and_most_slots_are_taken(
    waiting: Backlog,
    in_flight: int,
    limit: ElementLimits,
    is_reported: bool,  # noqa: FBT001  a column of the table above
) -> None:
    kinds = [each.kind for each in element_troubles(ElementQueue("olt", waiting, in_flight, limit))]

    assert kinds == [TroubleKind.ELEMENT_AT_LIMIT] * is_reported


def test_the_trouble_names_the_limit_of_the_element() -> None:
    (trouble,) = element_troubles(ElementQueue("olt", LONG, 8, ElementLimits(8, per_second=20)))

    assert trouble.says == (
        "olt is at its limit of 8 calls at a time and 20 a second, with 3 calls waiting for a place"
    )
