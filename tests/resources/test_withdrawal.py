"""Single items are withdrawn from their pools and restored, and not assigned meanwhile."""

from typing import Any

import pytest
from httpx import AsyncClient, Response

from services.resources.domain.pool.states import NumberState
from shared.contracts import RefusalCode
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.kernel import history
from tests.resources.builders import (
    FIBRE,
    NUMBER,
    PAIR,
    a_segment,
    an_assignment_request,
    assigned_values,
    e164,
    handle,
    import_plant,
    latest_messages,
    order_id,
    refusal_code,
    states,
)

POOLS = "/ops/v1/pools"
REASON = "storm"


class PlantOperator:
    """Withdraws items from the pools and restores them."""

    def __init__(self, client: AsyncClient, as_role: AsRole) -> None:
        self.client, self.as_role = client, as_role

    async def withdraw(self, pool: str, *values: str, state: str = "blocked") -> Response:
        """Withdraw items."""
        return await self.post(f"{pool}/withdraw", values, state=state)

    async def restore(self, pool: str, *values: str) -> Response:
        """Restore items."""
        return await self.post(f"{pool}/restore", values)

    async def post(self, path: str, values: tuple[str, ...], **more: str) -> Response:
        """Send values and the reason."""
        body = {"values": list(values), "reason": REASON, **more}
        return await self.client.post(f"{POOLS}/{path}", json=body, headers=self.as_role("ops"))

    async def read(self, path: str) -> Any:
        """Return the answer to a viewer."""
        answer = await self.client.get(f"{POOLS}/{path}", headers=self.as_role("viewer"))
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def operator(client: AsyncClient, as_role: AsRole, sessions: Sessions) -> PlantOperator:
    """Changes a small exchange X, with a splitter S."""
    import_plant(sessions)
    return PlantOperator(client, as_role)


def changed(answer: Response) -> int:
    assert answer.status_code == 200, answer.text
    found: int = answer.json()["changed"]
    return found


@pytest.mark.parametrize("state", ["blocked", "faulty"])
async def test_a_withdrawn_item_is_not_assigned_until_it_is_restored(
    operator: PlantOperator, sessions: Sessions, state: str
) -> None:
    legs = [each["value"] for each in await operator.read("leg/S/things")]
    assert changed(await operator.withdraw("leg/S", *legs, state=state)) == len(legs)

    handle(sessions, an_assignment_request(1, *FIBRE))
    assert changed(await operator.restore("leg/S", legs[1])) == 1
    handle(sessions, an_assignment_request(2, *FIBRE))

    found = latest_messages(sessions)
    assert refusal_code(found[order_id(1)]) is RefusalCode.NONE_FREE
    assert legs[1] in assigned_values(found[order_id(2)])


async def test_a_number_that_is_blocked_is_passed_over(
    operator: PlantOperator, sessions: Sessions
) -> None:
    assert changed(await operator.withdraw("number/X", e164(0))) == 1

    handle(sessions, an_assignment_request(1, NUMBER))

    assert assigned_values(latest_messages(sessions)[order_id(1)]) == [e164(1)]
    assert changed(await operator.restore("number/X", e164(0))) == 1
    assert e164(0) not in states(sessions)


async def test_doing_it_again_changes_nothing(operator: PlantOperator, sessions: Sessions) -> None:
    await operator.withdraw("number/X", e164(0))

    assert changed(await operator.withdraw("number/X", e164(0))) == 0
    assert changed(await operator.restore("number/X", e164(0), e164(1))) == 1
    assert changed(await operator.restore("number/X", e164(0))) == 0
    assert [each[2:] for each in history(sessions)] == [("idle", "blocked"), ("blocked", "idle")]


@pytest.mark.parametrize(
    ("pool", "spellings"), [("leg/s", ("s/1", "S/01")), ("loid/S", ("s-l1", "S-L01"))]
)
async def test_items_are_withdrawn_and_restored_in_any_spelling(
    operator: PlantOperator, pool: str, spellings: tuple[str, str]
) -> None:
    first = (await operator.read(f"{pool}/things"))[0]["value"]

    out = await operator.withdraw(pool, *spellings)
    shown = await operator.read(f"{pool}/things/{first}")
    back = await operator.restore(pool, spellings[1])

    assert (changed(out), changed(back)) == (1, 1)
    assert shown["state"] == "blocked"


@pytest.mark.parametrize("verb", ["withdraw", "restore"])
async def test_a_held_item_is_refused_and_nothing_is_changed(
    operator: PlantOperator, sessions: Sessions, verb: str
) -> None:
    handle(sessions, an_assignment_request(1, NUMBER, PAIR))
    before = states(sessions)

    answer = await getattr(operator, verb)("number/X", e164(1), e164(0))

    assert (answer.status_code, answer.json()["code"]) == (409, "not-free")
    assert answer.json()["remedy"]
    assert states(sessions) == before


async def test_a_number_that_its_segment_has_not_opened_stays_so(
    client: AsyncClient, as_role: AsRole, sessions: Sessions
) -> None:
    import_plant(sessions, segments=[a_segment(state=NumberState.PLANNED)])
    operator = PlantOperator(client, as_role)

    for answer in (
        await operator.withdraw("number/X", e164(0)),
        await operator.restore("number/X", e164(0)),
    ):
        assert answer.json()["code"] == "not-free"


@pytest.mark.parametrize(
    ("pool", "value", "state", "fault"),
    [
        ("number/X", "+862500000000", "blocked", ("/values/1", "unknown-thing")),
        ("number/Y", e164(0), "blocked", ("/values/0", "unknown-thing")),
        ("number/X", e164(0), "faulty", ("/state", "never-faulty")),
        ("leg/S", "S/999", "faulty", ("/values/0", "unknown-thing")),
        ("leg/S", "S/001", "broken", ("/state", "enum")),
    ],
)
async def test_every_fault_is_named_with_its_place(
    operator: PlantOperator, pool: str, value: str, state: str, fault: tuple[str, str]
) -> None:
    values = [e164(0), value] if fault[0] == "/values/1" else [value]

    answer = await operator.withdraw(pool, *values, state=state)

    assert answer.status_code == 400
    (named,) = answer.json()["errors"]
    assert (named["field"], named["code"]) == fault
    assert named["remedy"]


async def test_an_item_is_shown_with_its_history(operator: PlantOperator) -> None:
    first, *_ = await operator.read("leg/S/things")
    await operator.withdraw("leg/S", first["value"], state="faulty")

    (out,) = await operator.read("leg/S/things?state=faulty")
    shown = await operator.read(f"leg/S/things/{first['value']}")

    assert out == first | {"state": "faulty"}
    (change,) = shown["history"]
    assert (change["was"], change["became"]) == ("free", "faulty")
    assert REASON in change["reason"]


async def test_only_permitted_roles_change_the_plant(
    client: AsyncClient, as_role: AsRole, operator: PlantOperator
) -> None:
    del operator
    body = {"values": [e164(0)], "state": "blocked", "reason": REASON}
    path = f"{POOLS}/number/X/withdraw"

    assert (await client.post(path, json=body, headers=as_role("crm"))).status_code == 403


@pytest.mark.parametrize(
    ("path", "status"), [("leg/S/things/S/999", 404), ("number/X/things", 400)]
)
async def test_an_unknown_item_or_list_is_a_problem_with_a_remedy(
    client: AsyncClient, as_role: AsRole, operator: PlantOperator, path: str, status: int
) -> None:
    del operator

    answer = await client.get(f"{POOLS}/{path}", headers=as_role("viewer"))

    assert answer.status_code == status
    problem = answer.json()
    assert all(each["remedy"] for each in problem.get("errors", [problem]))


async def test_a_role_that_may_not_list_approvals_follows_the_location_of_its_own(
    client: AsyncClient, operator: PlantOperator, as_role: AsRole
) -> None:
    li, wang = (as_role("network", "planning", person=name) for name in ("li-na", "wang"))
    legs = [each["value"] for each in await operator.read("leg/S/things")]
    body = {"values": legs, "reason": REASON, "state": "blocked"}

    requested = await client.post(f"{POOLS}/leg/S/withdraw", json=body, headers=li)
    place = requested.headers["location"]
    found, others = [await client.get(place, headers=who) for who in (li, wang)]
    listed = await client.get("/ops/v1/approvals", headers=li)

    assert requested.status_code == 202
    assert (found.status_code, found.json()) == (200, requested.json())
    assert (others.status_code, others.json()["code"]) == (404, "not-found")
    assert listed.status_code == 403
