"""The address decides the area of an order, and whether its offering is sold there."""

from typing import Any

import msgspec
import pytest

from shared.contracts import (
    AssignmentRequested,
    HoldAction,
    ItemNeeds,
    RefusalCode,
    ResourcesAssigned,
    ResourcesRefused,
)
from shared.persistence.database import Sessions
from tests.kernel import envelopes
from tests.resources.builders import (
    FIBRE,
    a_release_request,
    an_assignment_request,
    completed,
    handle,
    import_plant,
    latest_messages,
    order_id,
    states,
)


def with_address_fields(order: AssignmentRequested, **in_order: Any) -> AssignmentRequested:
    """Return an order with these fields of its address."""
    items = tuple(msgspec.structs.replace(each, **in_order) for each in order.items)
    return msgspec.structs.replace(order, items=items)


def published_network(sessions: Sessions, n: int) -> str:
    """Return the local network of the n-th order's address, as it was published."""
    answer = latest_messages(sessions)[order_id(n)]
    assert isinstance(answer, ResourcesAssigned), answer
    return answer.items[0].local_network


@pytest.mark.parametrize("in_order", ["", "025"])
def test_an_assignment_has_the_area_of_its_address(sessions: Sessions, in_order: str) -> None:
    import_plant(sessions)

    handle(sessions, with_address_fields(an_assignment_request(1, *FIBRE), local_network=in_order))

    assert published_network(sessions, 1) == "025"
    assert [each.localnetwork for each in envelopes(sessions)] == ["025"]


@pytest.mark.parametrize(
    ("in_order", "reason"),
    [
        ({"local_network": "0511"}, "address fibre lies in local network 025, not in 0511"),
        ({"sold_in": ("0511", "0512")}, "it is sold in: 0511, 0512"),
    ],
)
def test_what_contradicts_the_address_is_refused_and_nothing_is_held(
    sessions: Sessions, in_order: dict[str, Any], reason: str
) -> None:
    import_plant(sessions)

    handle(sessions, with_address_fields(an_assignment_request(1, *FIBRE), **in_order))

    answer = latest_messages(sessions)[order_id(1)]
    assert isinstance(answer, ResourcesRefused)
    assert answer.code is RefusalCode.UNSERVED
    assert reason in answer.reason
    assert states(sessions) == {}


def test_an_item_without_needs_is_checked_by_its_address_too(sessions: Sessions) -> None:
    import_plant(sessions)
    item = ItemNeeds(
        item_id="1",
        service_id=order_id(1),
        action=HoldAction.RESERVE,
        address_id="nowhere",
        sold_in=("025",),
    )

    handle(sessions, AssignmentRequested(order_id=order_id(1), client="crm", items=(item,)))

    answer = latest_messages(sessions)[order_id(1)]
    assert isinstance(answer, ResourcesRefused)
    assert "does not know address nowhere" in answer.reason


def test_a_repeated_assignment_has_the_area_of_its_address(
    sessions: Sessions,
) -> None:
    import_plant(sessions)

    handle(sessions, an_assignment_request(1, *FIBRE))
    handle(sessions, an_assignment_request(1, *FIBRE))

    assert published_network(sessions, 1) == "025"


def test_a_release_has_the_area_of_its_address_too(sessions: Sessions) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, *FIBRE))
    handle(sessions, completed(1))

    handle(sessions, with_address_fields(a_release_request(2, of=1), address_id="fibre"))

    assert published_network(sessions, 2) == "025"
