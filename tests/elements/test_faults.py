"""Faults apply to the calls that they were set for, and to no others."""

import time
from typing import Any

import pytest
from httpx import AsyncClient

from services.elements.faults import AnyFault, ElementCall, FailBeforeWork, FaultRules, Slow
from tests.elements.builders import OLT, active, effects, path, put, set_faults


async def test_a_refusal_is_answered_with_its_code_and_nothing_is_done(client: AsyncClient) -> None:
    await set_faults(
        client, {"fault": "refuse", "code": "no-optical-signal", "detail": "dark fibre"}
    )

    answer = await put(client)

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "no-optical-signal"
    assert answer.json()["detail"] == "dark fibre"
    assert answer.json()["outcome"] == "refused"
    assert (await client.get(path())).json()["refusal"]["code"] == "no-optical-signal"
    assert await active(client) == []


async def test_a_refusal_does_not_touch_what_was_answered_before(client: AsyncClient) -> None:
    done = await put(client)
    await set_faults(client, {"fault": "refuse", "code": "overloaded", "times": 1})

    assert (await put(client)).json() == done.json()
    assert (await put(client, "op-2", subject="service-2")).json()["code"] == "overloaded"


async def test_an_error_comes_before_anything_is_done(client: AsyncClient) -> None:
    await set_faults(client, {"fault": "error", "times": 1})

    failed = await put(client)

    assert (failed.status_code, failed.json()["code"]) == (500, "element-error")
    assert (await client.get(path())).status_code == 404
    assert await active(client) == []
    assert (await put(client)).status_code == 200


async def test_a_dropped_answer_hides_work_that_was_done(client: AsyncClient) -> None:
    await set_faults(client, {"fault": "drop", "times": 1})

    with pytest.raises(ConnectionResetError):
        await put(client)

    assert (await client.get(path())).json()["outcome"] == "done"
    assert (await put(client)).status_code == 200
    assert await effects(client) == {"op-1": 1}


async def test_a_rejected_connection_hides_nothing(client: AsyncClient) -> None:
    await set_faults(client, {"fault": "reject-connection", "times": 1})

    with pytest.raises(ConnectionResetError):
        await put(client)

    assert (await client.get(path())).status_code == 404
    assert await active(client) == []


async def test_a_slow_element_answers_later(client: AsyncClient) -> None:
    await set_faults(client, {"fault": "slow", "delay_ms": 60}, {"fault": "slow", "delay_ms": 60})
    started = time.perf_counter()

    assert (await put(client)).status_code == 200

    assert time.perf_counter() - started >= 0.12


async def test_a_query_is_affected_only_by_faults_on_queries(client: AsyncClient) -> None:
    await put(client)
    await set_faults(client, {"fault": "error"})
    assert (await client.get(path())).status_code == 200

    await set_faults(client, {"fault": "error", "on": ["ask"]})
    assert (await client.get(path())).status_code == 500
    assert (await put(client)).status_code == 200


async def test_a_fault_may_concern_one_subject_or_one_kind(client: AsyncClient) -> None:
    await set_faults(
        client,
        {"fault": "error", "subject": "service-2"},
        {"fault": "error", "kind": "remove-profile"},
    )

    assert (await put(client, "op-1")).status_code == 200
    assert (await put(client, "op-2", subject="service-2")).status_code == 500
    assert (await put(client, "op-3", kind="remove-profile")).status_code == 500


async def test_faults_of_one_element_leave_the_others_alone(client: AsyncClient) -> None:
    await set_faults(client, {"fault": "error"}, element="SZ-WZ-OLT01")

    assert (await put(client)).status_code == 200


async def test_new_faults_replace_the_old_and_clearing_ends_them(client: AsyncClient) -> None:
    await set_faults(client, {"fault": "error"})
    await set_faults(client, {"fault": "slow", "delay_ms": 1})
    shown = (await client.get(f"/elements/{OLT}/faults")).json()["faults"]
    assert [each["fault"] for each in shown] == ["slow"]

    assert (await client.delete(f"/elements/{OLT}/faults")).status_code == 204
    assert (await client.get(f"/elements/{OLT}/faults")).json() == {"faults": []}


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"faults": [{}]},
        {"faults": [{"fault": "explode"}]},
        {"faults": [{"fault": "slow"}]},
        {"faults": [{"fault": "slow", "delay_ms": 0}]},
        {"faults": [{"fault": "refuse"}]},
        {"faults": [{"fault": "refuse", "code": "No Signal"}]},
        {"faults": [{"fault": "refuse", "code": "no-signal", "on": ["ask"]}]},
        {"faults": [{"fault": "error", "share": 1.1}]},
        {"faults": [{"fault": "error", "share": -0.1}]},
        {"faults": [{"fault": "error", "times": 0}]},
        {"faults": [{"fault": "error", "on": []}]},
        {"faults": [{"fault": "drop", "then": "explode"}]},
        {"faults": [{"fault": "error", "delay_ms": 5}]},
    ],
)
async def test_a_fault_that_makes_no_sense_is_refused(
    client: AsyncClient, wrong: dict[str, Any]
) -> None:
    answer = await client.put(f"/elements/{OLT}/faults", json=wrong)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def faulty_calls(fault: AnyFault, calls: int = 1_000) -> list[bool]:
    faults = FaultRules([fault])
    call = ElementCall("perform", "service-1", "add-profile", answered=False)
    return [faults.take_for_call(call).fault is not None for _ in range(calls)]


def test_a_share_of_the_calls_fails_and_the_same_ones_every_time() -> None:
    first = faulty_calls(FailBeforeWork(share=0.3, seed=7))

    assert 250 < sum(first) < 350
    assert faulty_calls(FailBeforeWork(share=0.3, seed=7)) == first
    assert faulty_calls(FailBeforeWork(share=0.3, seed=8)) != first
    assert not any(faulty_calls(FailBeforeWork(share=0)))
    assert all(faulty_calls(FailBeforeWork(share=1)))


def test_a_fault_applies_a_set_number_of_times() -> None:
    assert faulty_calls(FailBeforeWork(times=2), calls=4) == [True, True, False, False]
    assert sum(faulty_calls(FailBeforeWork(times=2, share=0.5))) == 2


def test_the_first_fault_that_applies_ends_the_search_and_delays_add_up() -> None:
    faults = FaultRules([Slow(delay_ms=5), FailBeforeWork(times=1), Slow(delay_ms=7)])
    call = ElementCall("perform", "service-1", "add-profile", answered=False)

    assert faults.take_for_call(call) == (5, FailBeforeWork(times=1))
    assert faults.take_for_call(call) == (12, None)
