"""The address decides which area an order is about, and whether its offering is sold there."""

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


def saying(order: AssignmentRequested, **said: Any) -> AssignmentRequested:
    """Return an order that says this of its address."""
    items = tuple(msgspec.structs.replace(each, **said) for each in order.items)
    return msgspec.structs.replace(order, items=items)


def network_told(sessions: Sessions, n: int) -> str:
    """Return where the address of the n-th order lies, as it was told."""
    answer = latest_messages(sessions)[order_id(n)]
    assert isinstance(answer, ResourcesAssigned), answer
    return answer.items[0].local_network


@pytest.mark.parametrize("said", ["", "025"])
def test_an_order_is_told_where_its_address_lies(sessions: Sessions, said: str) -> None:
    import_plant(sessions)

    handle(sessions, saying(an_assignment_request(1, *FIBRE), local_network=said))

    assert network_told(sessions, 1) == "025"
    assert [each.localnetwork for each in envelopes(sessions)] == ["025"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"local_network": "0511"}, "address fibre lies in local network 025, not in 0511"),
        ({"sold_in": ("0511", "0512")}, "it is sold in: 0511, 0512"),
    ],
)
def test_what_contradicts_the_address_is_refused_and_nothing_is_held(
    sessions: Sessions, said: dict[str, Any], reason: str
) -> None:
    import_plant(sessions)

    handle(sessions, saying(an_assignment_request(1, *FIBRE), **said))

    answer = latest_messages(sessions)[order_id(1)]
    assert isinstance(answer, ResourcesRefused)
    assert answer.code is RefusalCode.UNSERVED
    assert reason in answer.reason
    assert states(sessions) == {}


def test_what_needs_nothing_is_judged_by_its_address_too(sessions: Sessions) -> None:
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


def test_an_order_that_asks_again_is_told_again_where_its_address_lies(
    sessions: Sessions,
) -> None:
    import_plant(sessions)

    handle(sessions, an_assignment_request(1, *FIBRE))
    handle(sessions, an_assignment_request(1, *FIBRE))

    assert network_told(sessions, 1) == "025"


def test_what_is_given_back_is_told_of_the_area_too(sessions: Sessions) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, *FIBRE))
    handle(sessions, completed(1))

    handle(sessions, saying(a_release_request(2, of=1), address_id="fibre"))

    assert network_told(sessions, 2) == "025"
