"""An element performs each operation once, and knows its outcome."""

import pytest
from httpx import AsyncClient

from tests.elements.builders import OLT, a_body, active, effects, path, put, set_faults


async def test_an_operation_is_done_and_shown_as_configured(client: AsyncClient) -> None:
    answer = await client.put(path("op-1"), json=a_body(svlan=101, pon_port="0/1/3"))

    assert answer.status_code == 200
    assert answer.json() == {
        "operation_id": "op-1",
        "element": OLT,
        "kind": "add-profile",
        "subject": "service-1",
        "outcome": "done",
        "result": {},
    }
    assert await active(client) == [
        {
            "subject": "service-1",
            "kind": "add-profile",
            "parameters": {"pon_port": "0/1/3", "svlan": 101},
            "operation_id": "op-1",
        }
    ]


async def test_the_same_operation_again_is_answered_alike_and_has_no_second_effect(
    client: AsyncClient,
) -> None:
    first = await client.put(path("op-1"), json=a_body(svlan=101, cvlan=117))
    again = await client.put(path("op-1"), json=a_body(cvlan=117, svlan=101))

    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert await effects(client) == {"op-1": 1}


async def test_an_operation_repeated_after_its_undo_does_not_come_back(client: AsyncClient) -> None:
    await put(client, "op-1")
    await put(client, "op-2", kind="remove-profile")

    assert (await put(client, "op-1")).status_code == 200
    assert await active(client) == []
    assert await effects(client) == {"op-1": 1, "op-2": 1}


@pytest.mark.parametrize(
    "other",
    [
        a_body(subject="service-2"),
        a_body(kind="remove-profile"),
        a_body(svlan=1),
        a_body(svlan=True),
    ],
)
async def test_an_operation_id_cannot_be_used_for_something_else(
    client: AsyncClient, other: dict[str, object]
) -> None:
    await client.put(path("op-0"), json=a_body(svlan=101))
    await client.put(path("op-1"), json=a_body(subject="service-3", svlan=2))

    answer = await client.put(path("op-1"), json=other)

    assert answer.status_code == 409
    assert answer.json()["code"] == "operation-id-reused"
    assert "outcome" not in answer.json()
    assert len(await active(client)) == 2


async def test_true_and_one_are_different_parameters(client: AsyncClient) -> None:
    await put(client, "op-1", svlan=1)

    assert (await put(client, "op-1", svlan=True)).json()["code"] == "operation-id-reused"


async def test_leaving_out_the_parameters_means_none(client: AsyncClient) -> None:
    await client.put(path("op-1"), json={"kind": "add-profile", "subject": "service-1"})

    assert (await put(client, "op-1")).status_code == 200


async def test_an_element_answers_the_outcome_of_an_operation(client: AsyncClient) -> None:
    unknown = await client.get(path("op-1"))
    done = await put(client, "op-1")
    refused = await put(client, "op-2")

    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown-operation")
    assert (await client.get(path("op-1"))).json() == done.json()
    assert refused.status_code == 409
    shown = await client.get(path("op-2"))
    assert shown.status_code == 200
    assert shown.json() == {
        "operation_id": "op-2",
        "element": OLT,
        "kind": "add-profile",
        "subject": "service-1",
        "outcome": "refused",
        "refusal": {
            "code": "profile-exists",
            "detail": "service-1 has an active profile already",
        },
    }


async def test_a_refused_operation_stays_refused_and_a_new_one_may_succeed(
    client: AsyncClient,
) -> None:
    await put(client, "op-1", kind="remove-profile")
    await put(client, "op-2", kind="add-profile")

    again = await put(client, "op-1", kind="remove-profile")

    assert (again.status_code, again.json()["code"]) == (409, "profile-missing")
    assert (await put(client, "op-3", kind="remove-profile")).status_code == 200
    assert await effects(client) == {"op-2": 1, "op-3": 1}


@pytest.mark.parametrize(
    ("element", "make", "undo", "thing"),
    [
        ("aaa", "create-account", "delete-account", "account"),
        ("ims", "create-subscriber", "delete-subscriber", "subscriber"),
        ("ims", "add-enum", "remove-enum", "enum"),
        ("any-OLT", "add-profile", "remove-profile", "profile"),
    ],
)
async def test_every_operation_that_makes_something_has_one_that_undoes_it(
    client: AsyncClient, element: str, make: str, undo: str, thing: str
) -> None:
    answers = [
        await client.put(path(f"op-{number}", element), json=a_body(kind))
        for number, kind in enumerate((undo, make, make, undo, make))
    ]

    assert [answer.json().get("code") for answer in answers] == [
        f"{thing}-missing",
        None,
        f"{thing}-exists",
        None,
        None,
    ]
    assert [made["operation_id"] for made in await active(client, element)] == ["op-4"]


async def test_a_test_reports_the_line_and_changes_nothing(client: AsyncClient) -> None:
    dark = await put(client, "op-1", kind="test-line")
    await put(client, "op-2", kind="add-profile")
    lit = await put(client, "op-3", kind="test-line")

    assert (dark.status_code, dark.json()["code"]) == (409, "no-optical-signal")
    assert lit.json()["result"]["passed"] is True
    assert -23 <= lit.json()["result"]["optical_power_dbm"] <= -15
    assert (await client.get(path("op-3"))).json() == lit.json()
    assert await effects(client) == {"op-2": 1}


async def test_a_voice_line_is_tested_at_the_ims_core(client: AsyncClient) -> None:
    kinds = enumerate(("test-line", "create-subscriber", "test-line"))
    answers = [
        await client.put(path(f"op-{number}", "ims"), json=a_body(kind)) for number, kind in kinds
    ]

    assert answers[0].json()["code"] == "not-registered"
    assert answers[2].json()["result"] == {"passed": True, "registered": True}


async def test_elements_know_nothing_of_each_other(client: AsyncClient) -> None:
    await client.put(path("op-1", "SZ-WZ-OLT01"), json=a_body())

    assert (await client.get(path("op-1", OLT))).status_code == 404
    assert await active(client, OLT) == []
    assert (await put(client, "op-1")).status_code == 200
    assert (await client.get("/elements")).json() == {"elements": [OLT, "SZ-WZ-OLT01"]}


async def test_looking_at_an_element_does_not_make_one(client: AsyncClient) -> None:
    await active(client)
    await effects(client)
    await client.get(path("op-1"))

    assert (await client.get("/elements")).json() == {"elements": []}


async def test_the_simulator_answers_health_checks(client: AsyncClient) -> None:
    await set_faults(client, {"fault": "reject-connection"})

    assert (await client.get("/health/live")).status_code == 200
    assert (await client.get("/health/ready")).status_code == 200


async def test_an_element_of_another_type_does_what_the_verbs_of_its_operations_say(
    client: AsyncClient,
) -> None:
    async def put(n: int, kind: str) -> tuple[int, str]:
        answer = await client.put(path(f"op-{n}", "camera-cloud"), json=a_body(kind))
        return answer.status_code, answer.json().get("code", answer.json().get("outcome"))

    kinds = ("test-account", "create-account", "create-account", "test-account", "bar-account")
    found = [await put(n, kind) for n, kind in enumerate((*kinds, "delete-account"))]

    assert found == [
        (409, "account-missing"),
        (200, "done"),
        (409, "account-exists"),
        (200, "done"),
        (200, "done"),
        (200, "done"),
    ]
    assert await active(client, "camera-cloud") == []
    assert [await put(n, kind) for n, kind in ((8, "reboot"), (9, "create-"))] == [
        (400, "invalid"),
        (400, "invalid"),
    ]
