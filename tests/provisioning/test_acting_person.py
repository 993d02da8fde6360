"""Actions are recorded under the name in the caller's token, and under no other."""

from typing import Any

import pytest
from httpx import AsyncClient

from services.provisioning.handlers import SUBSCRIPTIONS
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.kernel import consume
from tests.provisioning.builders import ORDER_ID, accepted, an_item, assigned, shipped
from tests.provisioning.database import run
from tests.provisioning.test_fallout import FALLOUT, WITH_FALLOUT, refuse

WORK = "/ops/v1/work-orders"
VOICE = accepted(an_item("voice"))
ANSWERS = [("accept", {}), ("report", {"remark": "done"}), ("return", {"reason": "no key"})]


@pytest.fixture
async def work_order(client: AsyncClient, sessions: Sessions) -> str:
    """The path of the work order of a new voice line."""
    consume(sessions, SUBSCRIPTIONS, VOICE)
    consume(sessions, SUBSCRIPTIONS, assigned(VOICE, shipped()))
    (found,) = (await client.get(WORK)).json()
    return f"{WORK}/{found['id']}"


@pytest.mark.parametrize("role", ["crew", "operator", "supervisor", "admin"])
@pytest.mark.parametrize(("verb", "body"), ANSWERS)
async def test_a_work_order_is_not_answered_in_the_name_of_another(  # noqa: PLR0913, PLR0917
    client: AsyncClient,
    as_role: AsRole,
    work_order: str,
    verb: str,
    body: dict[str, str],
    role: str,
) -> None:
    wang = as_role(role, "field-company", person="wang", areas=["NJ-XW"])

    answer = await client.post(f"{work_order}/{verb}", json=body | {"by": "zhao"}, headers=wang)

    check_refused(answer.status_code, answer.json())
    after = (await client.get(work_order)).json()
    assert (after["state"], after["accepted_by"], after["answered_by"]) == ("dispatched", "", "")


@pytest.mark.parametrize("role", ["operator", "supervisor", "admin"])
@pytest.mark.parametrize("verb", ["retry", "skip", "fail"])
async def test_fallout_is_not_decided_in_the_name_of_another(
    client: AsyncClient, sessions: Sessions, as_role: AsRole, verb: str, role: str
) -> None:
    run(sessions, accepted(), WITH_FALLOUT)
    refuse(sessions)
    li = as_role(role, "back-office", person="li-na")

    answer = await client.post(f"{FALLOUT}/{ORDER_ID}/{verb}", json={"by": "wang"}, headers=li)

    check_refused(answer.status_code, answer.json())
    (open_,) = (await client.get(FALLOUT)).json()
    assert open_["changed_by"] == ""


@pytest.mark.parametrize(
    ("body", "expected"), [({}, "li-na"), ({"by": "li-na"}, "li-na"), ({"by": "shift"}, "shift")]
)
async def test_the_person_or_client_of_the_token_may_be_named(
    client: AsyncClient,
    sessions: Sessions,
    as_role: AsRole,
    body: dict[str, str],
    expected: str,
) -> None:
    run(sessions, accepted(), WITH_FALLOUT)
    refuse(sessions)
    li = as_role("operator", "shift", person="li-na")

    answer = await client.post(f"{FALLOUT}/{ORDER_ID}/retry", json=body, headers=li)

    assert answer.json()["changed_by"] == expected


def check_refused(status: int, problem: dict[str, Any]) -> None:
    """Check that another name was refused, with the remedy."""
    (fault,) = problem["errors"]
    assert (status, problem["code"], fault["field"]) == (422, "not-your-name", "/by")
    assert "leave it out" in fault["remedy"]
