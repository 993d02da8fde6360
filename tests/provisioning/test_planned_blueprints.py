"""A planned publication of blueprints is shown field by field, and changes nothing."""

from typing import Any

from httpx import AsyncClient

from tests.callers import AsRole

PUBLISH = "/ops/v1/blueprints"
BLUEPRINT: dict[str, Any] = {
    "specification": "cable",
    "business_action": "new",
    "version": 1,
    "needs": [{"kind": "pair"}],
    "steps": [
        {"name": "assign", "kind": "assign"},
        {"name": "wait", "kind": "wait", "after": ["assign"], "wait_s": 60},
    ],
}
SLOWER = [BLUEPRINT["steps"][0], BLUEPRINT["steps"][1] | {"wait_s": 90}]


async def send(client: AsyncClient, as_role: AsRole, path: str, *blueprints: Any) -> Any:
    return await client.post(path, json=list(blueprints), headers=as_role("network"))


async def test_a_plan_names_what_is_new_and_the_missing_counterpart(
    client: AsyncClient, as_role: AsRole
) -> None:
    answer = await send(client, as_role, f"{PUBLISH}/plan", BLUEPRINT)
    both = await send(
        client, as_role, f"{PUBLISH}/plan", BLUEPRINT, BLUEPRINT | {"business_action": "disconnect"}
    )

    (found,) = answer.json()
    assert (found["entry"], found["state"]) == ("blueprint/cable/new/1", "new")
    assert found["missing"] == ["cable/disconnect"]
    assert [each["missing"] for each in both.json()] == [[], []]
    listed = await client.get(f"{PUBLISH}?limit=100", headers=as_role("network"))
    assert not [x for x in listed.json() if x["blueprint"]["specification"] == "cable"]


async def test_a_higher_version_is_compared_with_the_newest_one(
    client: AsyncClient, as_role: AsRole
) -> None:
    assert (await send(client, as_role, PUBLISH, BLUEPRINT)).status_code == 201

    same = await send(client, as_role, f"{PUBLISH}/plan", BLUEPRINT)
    second = BLUEPRINT | {"version": 2, "steps": SLOWER}
    found = await send(client, as_role, f"{PUBLISH}/plan", second)
    refused = await send(client, as_role, f"{PUBLISH}/plan", second | {"version": 1})

    assert [each["state"] for each in same.json()] == ["unchanged"]
    assert [(each["field"], each["after"]) for each in found.json()[0]["differences"]] == [
        ("/version", 2),
        ("/steps/wait/wait_s", 90),
    ]
    assert (refused.status_code, refused.json()["code"]) == (409, "version-taken")
