"""Fallout is shown with its possible actions, and decisions are carried out."""

from uuid import uuid4

from httpx import AsyncClient

from services.provisioning.commands.fallout import SignedDecision, apply_signed_decision
from services.provisioning.domain.blueprint.blueprint import OnFailure
from services.provisioning.domain.fallout.actions import FalloutAction
from services.provisioning.domain.plan.attempts import Attempt, call_id
from services.provisioning.handlers import SUBSCRIPTIONS, on_plan_event
from shared.calls.outbound_call import CallResult, OutboundCallEnded
from shared.contracts import Causation
from shared.messaging.commit_context import CommitContext
from shared.messaging.unit_of_work import begin_transaction
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.conftest import NOON
from tests.kernel import TENANT, consume_records, history, record_of
from tests.provisioning.builders import ORDER_ID, OTHER_ID, a_blueprint, a_call, accepted
from tests.provisioning.database import plan_of, run

FALLOUT = "/ops/v1/fallout"
WITH_FALLOUT = a_blueprint(a_call("switch", on_failure=OnFailure.PEOPLE))


def refusal(sessions: Sessions) -> OutboundCallEnded:
    """Return the message that the element has refused its last call."""
    attempt = Attempt.current(plan_of(sessions).steps[1], undo=False)
    return OutboundCallEnded(
        order_id=ORDER_ID,
        attempt_id=call_id(ORDER_ID, attempt),
        result=CallResult.REFUSED,
        code="busy",
        detail="port 3 is busy",
        **attempt._asdict(),
    )


def refuse(sessions: Sessions) -> None:
    """Let the element refuse its last call."""
    answer = refusal(sessions)
    cause = Causation(answer.attempt_id, ORDER_ID, TENANT)
    consume_records(sessions, SUBSCRIPTIONS, [record_of(answer, cause)])


async def test_a_plan_is_shown_with_its_steps_attempts_and_history(
    client: AsyncClient, sessions: Sessions
) -> None:
    run(sessions, accepted(), WITH_FALLOUT)
    refuse(sessions)

    plan = (await client.get(f"/ops/v1/plans/{ORDER_ID}")).json()

    assert (plan["state"], plan["is_held"]) == ("running", True)
    assert plan["items"][0]["blueprint_version"] == 1
    assert plan["items"][0]["catalogue_version"] == 3
    assign, switch = plan["steps"]
    assert (assign["step"], assign["state"]) == ("assign", "done")
    assert (switch["step"], switch["state"], switch["after"]) == ("1/switch", "fallout", ["assign"])
    assert switch["trouble"] == {
        "code": "busy",
        "reason": "make the switch: aaa refused",
        "answer": "port 3 is busy",
        "undoing": False,
    }
    assert switch["actions"] == ["retry", "skip", "fail"]
    (attempt,) = plan["attempts"]
    assert (attempt["element"], attempt["kind"]) == ("aaa", "create-switch")
    assert ("step", "1/switch", "running", "fallout") in [
        (each["kind"], each["part"], each["was"], each["became"]) for each in plan["history"]
    ]


async def test_a_retry_is_repaired_only_once_it_is_seen_to_succeed(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    run(sessions, accepted(), WITH_FALLOUT)
    refuse(sessions)
    body = {"step": "1/switch", "reason": "port freed"}

    anna = as_role("operator", "back-office", person="anna")
    retried = (await client.post(f"{FALLOUT}/{ORDER_ID}/retry", json=body, headers=anna)).json()
    assert (retried["state"], retried["changed_by"]) == ("retried", "anna")
    assert retried["actions"] == []
    refuse(sessions)
    (again,) = (await client.get(FALLOUT)).json()
    assert (again["state"], again["times"]) == ("open", 2)

    await client.post(f"{FALLOUT}/{ORDER_ID}/skip", json={"reason": "by hand"})
    (skipped,) = (await client.get(FALLOUT, params={"state": "skipped"})).json()
    assert (skipped["remark"], skipped["answer"]) == ("by hand", "port 3 is busy")
    assert (await client.get(FALLOUT)).json() == []
    assert ("fallout", "1/switch", "open", "skipped") in history(sessions)


def test_fallout_that_opens_and_is_decided_in_one_transaction_keeps_both(
    sessions: Sessions,
) -> None:
    run(sessions, accepted(), WITH_FALLOUT)
    call = refusal(sessions)
    with begin_transaction(sessions, NOON, CommitContext(uuid4())) as transaction:
        work = transaction.unit_of_work(Causation(call.attempt_id, ORDER_ID, TENANT))

        on_plan_event(call, work)
        apply_signed_decision(
            SignedDecision(ORDER_ID, FalloutAction.RETRY, "1/switch", "anna", "freed"), work
        )

    changes = [each[2:] for each in history(sessions) if each[0] == "fallout"]
    assert changes == [("", "open"), ("open", "retried")]


async def test_fallout_is_filtered_by_what_it_is(client: AsyncClient, sessions: Sessions) -> None:
    run(sessions, accepted(), WITH_FALLOUT)
    refuse(sessions)

    async def count(**filters: str) -> int:
        return len((await client.get(FALLOUT, params=filters)).json())

    assert await count(code="busy", element="aaa", specification="reference") == 1
    assert await count(code="other") == await count(element="ims") == 0
    assert await count(specification="reference", state="repaired") == 0
    assert await count(state="repaired") == 0


async def test_a_specification_without_a_blueprint_is_named(
    client: AsyncClient, sessions: Sessions
) -> None:
    run(sessions, accepted(), WITH_FALLOUT)
    refuse(sessions)

    answer = await client.get(FALLOUT, params={"specification": "nonsense"})

    assert answer.status_code == 400
    (fault,) = answer.json()["errors"]
    assert (fault["field"], fault["code"]) == ("specification", "unknown-specification")
    assert "GET /ops/v1/blueprints" in fault["remedy"]


async def test_what_cannot_be_decided_is_a_conflict_that_says_what_can(
    client: AsyncClient, sessions: Sessions
) -> None:
    run(sessions, accepted(), WITH_FALLOUT)

    early = await client.post(f"{FALLOUT}/{ORDER_ID}/retry")
    refuse(sessions)
    unknown = await client.post(f"{FALLOUT}/{ORDER_ID}/retry", json={"step": "1/other"})
    unknown_order = await client.post(f"{FALLOUT}/{OTHER_ID}/retry")
    other = await client.post(f"{FALLOUT}/{ORDER_ID}/cheer")

    assert (early.status_code, early.json()["code"]) == (409, "not-possible")
    assert (unknown.status_code, unknown.json()["remedy"]) == (
        404,
        "name one of: assign, 1/switch",
    )
    assert unknown_order.status_code == 404
    assert other.status_code in {404, 405}


async def test_only_clerks_decide(client: AsyncClient, sessions: Sessions, as_role: AsRole) -> None:
    run(sessions, accepted(), WITH_FALLOUT)
    refuse(sessions)
    path = f"{FALLOUT}/{ORDER_ID}/skip"

    viewer = await client.post(path, headers=as_role("viewer"))
    other_tenant = await client.post(path, headers=as_role("ops", tenant="zhejiang"))

    assert (viewer.status_code, other_tenant.status_code) == (403, 404)
    assert plan_of(sessions).is_in_fallout
