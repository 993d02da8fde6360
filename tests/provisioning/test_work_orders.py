"""Work orders are issued, answered once, and the same answer again is harmless."""

from typing import Any

import pytest
from httpx import AsyncClient, Response

from services.provisioning.domain.plan.plan import PlanState, StepState
from services.provisioning.handlers import SUBSCRIPTIONS
from shared.calls.outbound_call import CallResult, OutboundCallEnded
from shared.contracts import Causation, OrderAccepted
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.kernel import (
    TENANT,
    consume,
    consume_records,
    dead_letter_rows,
    envelopes,
    history,
    record_of,
)
from tests.provisioning.builders import (
    ORDER_ID,
    OTHER_ID,
    a_blueprint,
    a_call,
    a_work_order,
    accepted,
    an_item,
    assigned,
    index,
    shipped,
)
from tests.provisioning.database import attempts_of, plan_of, publish, run

LIST = "/ops/v1/work-orders"
VOICE = accepted(an_item("voice"))


def begin(sessions: Sessions, order: OrderAccepted = VOICE) -> None:
    consume(sessions, SUBSCRIPTIONS, order)
    consume(sessions, SUBSCRIPTIONS, assigned(order, shipped()))


async def listed(client: AsyncClient, **filters: str) -> list[dict[str, Any]]:
    answer = await client.get(LIST, params=filters)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


async def answer_work_order(
    client: AsyncClient, what: str, work_order: str, **body: str
) -> Response:
    return await client.post(f"{LIST}/{work_order}/{what}", json=body)


@pytest.fixture
async def jumper(client: AsyncClient, sessions: Sessions) -> str:
    """The id of the work order of a new voice line."""
    begin(sessions)
    (found,) = await listed(client)
    return str(found["id"])


async def test_a_work_order_says_what_to_connect_and_where(
    client: AsyncClient, jumper: str
) -> None:
    found = (await client.get(f"{LIST}/{jumper}")).json()

    assert (found["job"], found["skill"], found["district"]) == ("run-jumper", "mdf", "NJ-XW")
    assert (found["state"], found["round"], found["undo"]) == ("dispatched", 1, False)
    assert found["address_id"] == "addr-320102-002-0007"
    assert {each["kind"]: each["value"] for each in found["held"]} == {
        "number": "+862580000000",
        "pair": "NJ-XW-0001",
    }


async def test_a_crew_accepts_and_reports_and_the_plan_goes_on(
    client: AsyncClient, sessions: Sessions, jumper: str, as_role: AsRole
) -> None:
    client.headers.update(as_role("crew", "crew-7"))
    accepted_answer = await answer_work_order(client, "accept", jumper, by="crew-7")
    done = await answer_work_order(
        client, "report", jumper, by="crew-7", result="done", remark="pair 12 used"
    )
    client.headers.update(as_role("ops"))

    assert (accepted_answer.json()["state"], accepted_answer.json()["accepted_by"]) == (
        "accepted",
        "crew-7",
    )
    assert (done.json()["state"], done.json()["remark"]) == ("reported", "pair 12 used")
    assert plan_of(sessions).steps[1].state is StepState.DONE
    assert await listed(client) == []
    assert ("work-order", "1/jumper", "accepted", "reported") in history(sessions)


async def test_a_report_implies_acceptance(client: AsyncClient, jumper: str) -> None:
    done = (await client.post(f"{LIST}/{jumper}/report")).json()

    assert done["state"] == "reported"
    assert done["accepted_by"] == done["answered_by"] != ""


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("accept", {}),
        ("report", {"remark": "done"}),
        ("return", {"reason": "nobody at home"}),
    ],
)
async def test_the_same_answer_again_changes_nothing(
    client: AsyncClient, sessions: Sessions, jumper: str, what: str, body: dict[str, str]
) -> None:
    first = await answer_work_order(client, what, jumper, **body)
    before = (plan_of(sessions), history(sessions))

    again = await answer_work_order(client, what, jumper, **body)

    assert first.status_code == again.status_code == 200
    assert again.json() == first.json()
    assert (plan_of(sessions), history(sessions)) == before


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (("report", {"remark": "done"}), ("report", {"remark": "not so"})),
        (("report", {}), ("return", {"reason": "nobody at home"})),
        (("return", {"reason": "nobody at home"}), ("report", {})),
        (("return", {"reason": "nobody at home"}), ("return", {"reason": "a dog"})),
    ],
)
async def test_another_answer_is_a_conflict(
    client: AsyncClient,
    jumper: str,
    first: tuple[str, dict[str, str]],
    then: tuple[str, dict[str, str]],
) -> None:
    await answer_work_order(client, first[0], jumper, **first[1])

    answer = await answer_work_order(client, then[0], jumper, **then[1])

    assert answer.status_code == 409
    assert answer.json()["code"] == "answered-otherwise"


async def test_an_accepted_work_order_cannot_be_accepted_by_another_crew(
    client: AsyncClient, jumper: str, as_role: AsRole
) -> None:
    place = f"{LIST}/{jumper}/accept"
    await client.post(place, headers=as_role("crew", "crew-7"))

    answer = await client.post(place, headers=as_role("crew", "crew-8"))

    assert (answer.status_code, answer.json()["code"]) == (409, "answered-otherwise")


async def test_a_returned_work_order_is_issued_again_and_then_goes_to_fallout(
    client: AsyncClient, sessions: Sessions, jumper: str
) -> None:
    rounds = [jumper]
    for _ in range(3):
        await answer_work_order(client, "return", rounds[-1], reason="nobody at home")
        rounds += [each["id"] for each in await listed(client)]

    assert len(set(rounds)) == 3
    assert plan_of(sessions).is_in_fallout
    (found,) = (await client.get("/ops/v1/fallout")).json()
    assert (found["step"], found["code"]) == ("1/jumper", "returned")
    assert found["answer"] == "nobody at home"


async def test_the_work_list_is_sorted_by_urgency_and_filtered(
    client: AsyncClient, sessions: Sessions
) -> None:
    urgent = accepted(an_item("voice", made_by=OTHER_ID), order_id=OTHER_ID, priority=0)
    begin(sessions)
    begin(sessions, urgent)

    assert [each["order_id"] for each in await listed(client)] == [str(OTHER_ID), str(ORDER_ID)]
    assert len(await listed(client, skill="mdf", district="nj-xw")) == 2
    assert await listed(client, skill="fibre") == []
    assert await listed(client, district="NJ-GL") == []
    assert len(await listed(client, order_id=str(ORDER_ID))) == 1
    assert await listed(client, state="reported") == []


async def test_closed_work_orders_are_listed_when_they_are_asked_for(
    client: AsyncClient, jumper: str
) -> None:
    await answer_work_order(client, "report", jumper)

    (found,) = await listed(client, state="reported")

    assert found["id"] == jumper


async def test_a_list_says_when_there_is_more(client: AsyncClient, sessions: Sessions) -> None:
    begin(sessions)
    begin(sessions, accepted(an_item("voice", made_by=OTHER_ID), order_id=OTHER_ID))

    part = await client.get(LIST, params={"limit": 1})

    assert part.status_code == 206
    assert part.headers["X-Result-Count"] == "1"


async def test_only_crews_answer_and_only_their_own_tenants_work_orders(
    client: AsyncClient, jumper: str, as_role: AsRole
) -> None:
    path = f"{LIST}/{jumper}/report"

    viewer = await client.post(path, headers=as_role("viewer"))
    other_tenant = await client.post(path, headers=as_role("ops", tenant="zhejiang"))
    without_token = await client.get(LIST, headers={"Authorization": ""})

    assert [each.status_code for each in (viewer, other_tenant, without_token)] == [403, 404, 401]
    assert await listed(client, state="dispatched")


@pytest.mark.parametrize(
    ("what", "body", "field"),
    [
        ("return", {}, "/reason"),
        ("return", {"reason": " "}, "/reason"),
        ("report", {"remark": "x" * 1001}, "/remark"),
        ("report", {"result": "not done"}, "/result"),
        ("report", {"colour": "red"}, "/colour"),
    ],
)
async def test_a_wrong_answer_is_refused_with_the_field(
    client: AsyncClient, jumper: str, what: str, body: dict[str, str], field: str
) -> None:
    answer = await answer_work_order(client, what, jumper, **body)

    assert answer.status_code == 400
    assert [each["field"] for each in answer.json()["errors"]] == [field]


async def test_messages_after_a_work_order_belong_to_the_orders_area(
    client: AsyncClient, sessions: Sessions
) -> None:
    nanjing = Causation(ORDER_ID, ORDER_ID, TENANT, "025")
    for message in (VOICE, assigned(VOICE, shipped())):
        consume_records(sessions, SUBSCRIPTIONS, [record_of(message, nanjing)])
    for _ in range(3):
        (open_,) = await listed(client, local_network="025")
        await answer_work_order(client, "return", str(open_["id"]), reason="nobody at home")

    held = envelopes(sessions)[-1]

    assert held.type == "provisioning.service_held.v1"
    assert held.localnetwork == "025"
    assert plan_of(sessions).local_network == "025"


async def test_a_work_order_is_voided_in_the_transaction_that_dispatched_it(
    client: AsyncClient, sessions: Sessions
) -> None:
    """The call lacks its parameter, so the plan is rolled back at once."""
    incomplete = a_call("a", element="$characteristic.missing")

    run(sessions, accepted(), a_blueprint(a_work_order("install"), incomplete))

    assert dead_letter_rows(sessions) == []
    assert [each["state"] for each in await listed(client, state="void")] == ["void"]
    assert plan_of(sessions).state is PlanState.UNDOING


async def test_a_work_order_that_is_no_longer_needed_is_voided(
    client: AsyncClient, sessions: Sessions
) -> None:
    publish(sessions, both := a_blueprint(a_work_order("install"), a_call("a")))
    consume(sessions, SUBSCRIPTIONS, accepted())
    consume(sessions, SUBSCRIPTIONS, assigned(accepted(), index([both])))
    (call,) = attempts_of(sessions)
    refused = OutboundCallEnded(
        order_id=ORDER_ID, attempt_id=call.id, result=CallResult.REFUSED, code="busy"
    )

    consume(sessions, SUBSCRIPTIONS, refused)

    assert await listed(client) == []
    (void,) = await listed(client, state="void")
    answer = await answer_work_order(client, "report", str(void["id"]))
    assert (answer.status_code, answer.json()["code"]) == (409, "answered-otherwise")
