"""A kind of resources that a tenant publishes does all that one of the release does."""

from datetime import datetime
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from services.resources import store
from services.resources.domain.number.number import RETRY_DELAY
from services.resources.domain.plant.plant import Exchange
from services.resources.domain.scheduled_messages import ItemQuarantineEnded
from services.resources.handlers import TAKEOVER
from shared.contracts import Action, Need, RefusalCode, ReleaseRequested
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.conftest import NOON
from tests.kernel import TENANT, consume, dead_letter_rows, history
from tests.resources.builders import (
    NUMBER,
    PAIR,
    a_release_request,
    an_assignment_request,
    assigned_values,
    completed,
    e164,
    handle,
    holders,
    import_plant,
    latest_messages,
    order_id,
    refusal_code,
    scheduled_messages,
    states,
)
from tests.resources.concurrency import (
    TIMEOUT_S,
    assign_values,
    in_own_thread,
    waits_for_lock,
)
from tests.resources.new_kinds import (
    IPTV_PORT,
    IPTV_QUARANTINE,
    import_blocks_of,
    publish,
)

PORT = Need(kind="iptv-port")
FIRST, SECOND = "X/0000001", "X/0000002"
LOCK_PORTS = text("SELECT 1 FROM pool_items WHERE kind = 'iptv-port' FOR UPDATE")
PORTS = "/ops/v1/pools/iptv-port/X"


@pytest.fixture
def ports(sessions: Sessions) -> Sessions:
    """A database with three ports at exchange X, and one at exchange Y."""
    import_plant(sessions)
    publish(sessions, IPTV_PORT)
    with sessions.begin() as session:
        exchange = Exchange(id="Y", name="Nanjing Gulou", local_network="025")
        store.upsert_exchanges(session, TENANT, [exchange])
    assert import_blocks_of(sessions, IPTV_PORT, "X", 3).things == 3
    assert import_blocks_of(sessions, IPTV_PORT, "Y", 1).things == 1
    return sessions


def picked(value: str) -> Need:
    return Need(kind="iptv-port", picked=value)


def release_first(sessions: Sessions, now: datetime = NOON) -> ItemQuarantineEnded:
    """Let a service have the first port and end; return the scheduled end of the quarantine."""
    handle(sessions, an_assignment_request(1, PORT))
    handle(sessions, completed(1))
    handle(sessions, a_release_request(2, of=1))
    handle(sessions, completed(2, Action.DELETE, of=1), now=now)
    ((_, message),) = scheduled_messages(sessions)
    assert isinstance(message, ItemQuarantineEnded)
    return message


async def read(client: AsyncClient, as_role: AsRole, path: str) -> Any:
    answer = await client.get(path, headers=as_role("ops"))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_import_that_is_repeated_makes_nothing(ports: Sessions) -> None:
    assert import_blocks_of(ports, IPTV_PORT, "X", 3).things == 0


def test_an_order_gets_the_lowest_of_its_address_and_takes_it_into_use(ports: Sessions) -> None:
    handle(ports, an_assignment_request(1, NUMBER, PORT, address="copper"))
    handle(ports, completed(1))

    assert assigned_values(latest_messages(ports)[order_id(1)]) == [e164(0), FIRST]
    assert states(ports) == {e164(0): "in_use", FIRST: "in_use"}


def test_an_order_gets_the_very_one_that_it_picked(ports: Sessions) -> None:
    handle(
        ports,
        an_assignment_request(1, picked(SECOND)),
        an_assignment_request(2, PORT),
        an_assignment_request(3, PORT),
    )

    found = latest_messages(ports)
    assert [assigned_values(found[order_id(n)]) for n in (1, 2, 3)] == [
        [SECOND],
        [FIRST],
        ["X/0000003"],
    ]


@pytest.mark.parametrize("value", [FIRST, "Y/0000001", "X/0000009"])
def test_one_that_is_held_or_elsewhere_or_unknown_cannot_be_picked(
    ports: Sessions, value: str
) -> None:
    handle(ports, an_assignment_request(1, PORT))

    handle(ports, an_assignment_request(2, picked(value)))

    answer = latest_messages(ports)[order_id(2)]
    assert refusal_code(answer) is RefusalCode.NOT_AVAILABLE


def test_a_picked_one_that_another_has_locked_is_waited_for(ports: Sessions) -> None:
    with ports() as busy:
        busy.execute(LOCK_PORTS)
        waiting = in_own_thread(
            ports, lambda session: assign_values(session, an_assignment_request(1, picked(SECOND)))
        )
        assert waits_for_lock(ports, waiting)
        busy.rollback()

    assert waiting.result(TIMEOUT_S) == [SECOND]


def test_a_failed_order_frees_it(ports: Sessions) -> None:
    handle(ports, an_assignment_request(1, PORT))

    handle(ports, ReleaseRequested(order_id=order_id(1)))

    assert states(ports) == {}
    assert holders(ports) == {}


def test_a_released_one_rests_for_the_quarantine_of_its_kind(ports: Sessions) -> None:
    message = release_first(ports)
    handle(ports, an_assignment_request(3, PORT), an_assignment_request(4, picked(FIRST)))

    assert message.until == NOON + IPTV_QUARANTINE
    assert states(ports)[FIRST] == "quarantined"
    found = latest_messages(ports)
    assert assigned_values(found[order_id(3)]) == [SECOND]
    assert refusal_code(found[order_id(4)]) is RefusalCode.NOT_AVAILABLE


def test_after_its_quarantine_it_is_assigned_again(ports: Sessions) -> None:
    message = release_first(ports)

    handle(ports, message, now=message.until)
    handle(ports, message, now=message.until)
    handle(ports, an_assignment_request(3, PORT))

    assert assigned_values(latest_messages(ports)[order_id(3)]) == [FIRST]
    assert [each for each in history(ports) if "quarantined" in each] == [
        ("iptv-port", str(order_id(2)), "pre_released", "quarantined"),
        ("iptv-port", "", "quarantined", "free"),
    ]


def test_the_end_of_an_earlier_quarantine_does_not_end_a_later_one(ports: Sessions) -> None:
    message = release_first(ports)
    earlier = ItemQuarantineEnded(
        kind=message.kind, pool=message.pool, value=message.value, until=NOON
    )

    handle(ports, earlier, now=message.until)

    assert states(ports) == {FIRST: "quarantined"}


def test_one_that_is_locked_at_the_end_of_its_quarantine_is_tried_again(ports: Sessions) -> None:
    message = release_first(ports)

    with ports() as busy:
        busy.execute(LOCK_PORTS)
        handle(ports, message, now=message.until)

    assert (message.until + RETRY_DELAY, message) in scheduled_messages(ports)
    assert states(ports) == {FIRST: "quarantined"}


async def test_it_is_withdrawn_and_restored(
    client: AsyncClient, as_role: AsRole, ports: Sessions
) -> None:
    release_first(ports)

    async def post(action: str, *values: str, **more: str) -> int:
        body = {"values": values, "reason": "storm", **more}
        answer = await client.post(f"{PORTS}/{action}", json=body, headers=as_role("ops"))
        return answer.status_code

    assert await post("withdraw", SECOND, state="faulty") == 200
    assert states(ports)[SECOND] == "faulty"
    assert await post("restore", SECOND) == 200
    assert await post("withdraw", FIRST, state="blocked") == 409
    assert states(ports) == {FIRST: "quarantined"}


async def test_it_is_shown_in_pools_holdings_and_with_its_history(
    client: AsyncClient, as_role: AsRole, ports: Sessions
) -> None:
    message = release_first(ports)
    handle(ports, an_assignment_request(3, PORT, PAIR))

    (x, y) = await read(client, as_role, "/ops/v1/pools?kind=iptv-port")
    detail = await read(client, as_role, PORTS)
    port = await read(client, as_role, f"{PORTS}/things/{FIRST}")
    held = await read(client, as_role, f"/ops/v1/holdings/{order_id(3)}")

    assert (x["name"], x["capacity"], x["free"], y["name"]) == ("X", 3, 1, "Y")
    assert detail["states"] == {"free": 1, "quarantined": 1, "reserved": 1}
    assert (port["state"], port["attributes"]) == (
        "quarantined",
        {"exchange": "X", "iptv-port": 1},
    )
    assert datetime.fromisoformat(port["until"]) == message.until
    assert [each["became"] for each in port["history"]] == [
        *("reserved", "in_use", "pre_released", "quarantined")
    ]
    assert {(each["kind"], each["value"]) for each in held["held"]} == {
        ("iptv-port", SECOND),
        ("pair", FIRST),
    }


def test_after_a_restore_a_published_assignment_takes_precedence(ports: Sessions) -> None:
    handle(ports, an_assignment_request(1, PORT))
    answer = latest_messages(ports)[order_id(1)]
    with ports.begin() as session:
        free = "UPDATE pool_items SET state = 'free', order_id = NULL, service_id = NULL"
        session.execute(text(free))
    handle(ports, an_assignment_request(2, PORT))

    consume(ports, TAKEOVER.subscriptions, answer)

    assert {value: order for value, (order, _) in holders(ports).items()} == {FIRST: order_id(1)}


def test_after_a_restore_to_before_its_publication_its_assignments_wait(ports: Sessions) -> None:
    handle(ports, an_assignment_request(1, PORT))
    answer = latest_messages(ports)[order_id(1)]
    with ports.begin() as session:
        session.execute(text("TRUNCATE pool_items, pool_kinds"))

    consume(ports, TAKEOVER.subscriptions, answer)

    (waiting,) = dead_letter_rows(ports)
    assert (waiting.key, "repeat the imports" in waiting.error) == (order_id(1).bytes, True)


async def test_an_unpublished_kind_is_refused_in_requests_and_in_the_api(
    client: AsyncClient, as_role: AsRole, sessions: Sessions
) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, PORT))

    answer = await client.get(PORTS, headers=as_role("ops"))

    assert [row.key for row in dead_letter_rows(sessions)] == [order_id(1).bytes]
    assert answer.status_code == 400
    (fault,) = answer.json()["errors"]
    assert "/ops/v1/pool-kinds" in fault["remedy"]
