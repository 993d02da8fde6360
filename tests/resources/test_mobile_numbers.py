"""Mobile numbers belong to a local network: they are assigned and given up without an address."""

from typing import Any

import pytest
from httpx import AsyncClient

from shared.contracts import (
    Action,
    AssignmentRequested,
    HoldAction,
    ItemNeeds,
    Need,
    RefusalCode,
)
from shared.persistence.database import Sessions
from tests.callers import CLIENT, AsRole
from tests.kernel import dead_letter_rows
from tests.resources.builders import (
    a_release_request,
    assigned_values,
    completed,
    handle,
    import_plant,
    latest_messages,
    order_id,
    refusal_code,
    service_id,
    states,
)

CORE = {"id": "025", "name": "Nanjing mobile core", "local_network": "025"}
FIRST = "+8613300002745"
SEGMENT = {
    "id": "mobile-025",
    "exchange": "025",
    "local_network": "025",
    "first": FIRST,
    "count": 3,
}
MOBILE = Need(kind="number", served_from="region")


async def imported(client: AsyncClient, as_role: AsRole, kind: str, *rows: dict[str, Any]) -> Any:
    path = f"/ops/v1/import/{kind}"
    return await client.post(path, json=list(rows), headers=as_role("ops"))


@pytest.fixture
async def mobile(client: AsyncClient, as_role: AsRole, sessions: Sessions) -> Sessions:
    """A database with fixed numbers of an exchange, and three mobile ones of its network."""
    import_plant(sessions)
    assert (await imported(client, as_role, "exchanges", CORE)).is_success
    answer = await imported(client, as_role, "segments", SEGMENT)
    assert answer.json()["things"] == 3, answer.text
    return sessions


def a_request(n: int, *needs: Need, network: str = "025") -> AssignmentRequested:
    """Return the n-th order's request for a service in a local network."""
    item = ItemNeeds(
        item_id="1",
        service_id=service_id(n),
        action=HoldAction.RESERVE,
        local_network=network,
        needs=needs or (MOBILE,),
    )
    return AssignmentRequested(order_id=order_id(n), client=CLIENT, items=(item,))


async def test_mobile_numbers_belong_to_the_exchange_of_the_whole_network(
    client: AsyncClient, as_role: AsRole, mobile: Sessions
) -> None:
    assert mobile
    wrong = SEGMENT | {"id": "other", "exchange": "X", "first": "+8613300009745"}

    answer = await imported(client, as_role, "segments", wrong)

    assert [each["code"] for each in answer.json()["errors"]] == ["not-mobile"]


def test_a_service_of_a_network_gets_the_lowest_mobile_number(mobile: Sessions) -> None:
    handle(mobile, a_request(1))

    answer = latest_messages(mobile)[order_id(1)]
    assert assigned_values(answer) == [FIRST]
    assert answer.items[0].local_network == "025"  # type: ignore[attr-defined]


def test_a_picked_number_must_be_of_the_network(mobile: Sessions) -> None:
    last = "+8613300002747"
    picked = Need(kind="number", served_from="region", picked=last)

    handle(mobile, a_request(1, picked), a_request(2, picked), a_request(3, picked, network="0512"))

    found = latest_messages(mobile)
    assert assigned_values(found[order_id(1)]) == [last]
    assert [refusal_code(found[order_id(n)]) for n in (2, 3)] == [RefusalCode.NOT_AVAILABLE] * 2


def test_a_given_up_number_is_in_quarantine(mobile: Sessions) -> None:
    handle(mobile, a_request(1))
    handle(mobile, completed(1))
    handle(mobile, a_release_request(2, of=1))

    handle(mobile, completed(2, Action.DELETE, of=1))

    assert states(mobile)[FIRST] == "quarantined"


@pytest.mark.parametrize("network", ["", "0512"])
def test_without_numbers_of_the_network_an_order_is_refused(mobile: Sessions, network: str) -> None:
    handle(mobile, a_request(1, network=network))

    expected = RefusalCode.NONE_FREE if network else RefusalCode.UNSERVED
    assert refusal_code(latest_messages(mobile)[order_id(1)]) is expected


def test_a_need_that_is_served_from_nowhere_known_is_parked(mobile: Sessions) -> None:
    handle(mobile, a_request(1, Need(kind="number", served_from="moon")))

    assert [row.key for row in dead_letter_rows(mobile)] == [order_id(1).bytes]
