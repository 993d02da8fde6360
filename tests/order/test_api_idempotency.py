"""A repeated order is one order with one answer, however it is repeated."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from httpx import AsyncClient, Response
from sqlalchemy import func, select, text

from services.order.app import SERVICE
from services.order.domain.acceptance.submission import SubmissionKeys
from services.order.domain.fulfilment.installed_base import products_after
from services.order.handlers import SUBSCRIPTIONS
from services.order.store import products, submissions
from services.order.tables import OrderRow, SubmissionRow
from shared.config.settings import Settings
from shared.contracts import ResourcesAssigned
from shared.http.collection_paths import ORDERS_PATH
from shared.persistence.database import Sessions
from tests.callers import AsRole, api_client
from tests.conftest import NOON
from tests.kernel import consume, published
from tests.order.builders import Json, a_body, a_disconnection, accepted, an_item, service_completed
from tests.order.waiting import until_a_transaction_waits

BODY = a_body(externalId="CRM-1")


async def post(
    client: AsyncClient, headers: dict[str, str], body: Json, key: str | None = None
) -> Response:
    named = headers | ({"Idempotency-Key": key} if key else {})
    return await client.post(ORDERS_PATH, json=body, headers=named)


def count(sessions: Sessions, table: Any = OrderRow) -> int:
    with sessions() as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def assert_one_answer(answers: Sequence[Response]) -> None:
    """Check that all got the same body and the same location."""
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["location"] for answer in answers}) == 1


async def test_the_same_key_and_body_get_the_stored_answer_byte_for_byte(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    headers = as_role("crm")

    answers = [await post(client, headers, a_body(), "key-1") for _ in range(3)]

    assert_one_answer(answers)
    replayed = [answer.headers.get("idempotent-replayed") for answer in answers]
    assert replayed == [None, "true", "true"]
    assert count(stocked) == len(published(stocked)) == 1


async def test_the_same_external_id_and_body_get_the_stored_answer_byte_for_byte(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    headers = as_role("crm")

    answers = [await post(client, headers, BODY) for _ in range(3)]

    assert_one_answer(answers)
    assert count(stocked) == len(published(stocked)) == 1


async def test_the_stored_answer_stays_when_the_order_moves_on(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:

    first = await post(client, as_role("crm"), BODY)
    consume(stocked, SUBSCRIPTIONS, ResourcesAssigned(order_id=UUID(first.json()["id"]), items=()))

    assert_one_answer([first, await post(client, as_role("crm"), BODY)])


async def test_another_body_under_the_same_key_is_unprocessable(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    await post(client, as_role("crm"), a_body(), "key-1")

    answer = await post(client, as_role("crm"), a_body(priority="0"), "key-1")

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
    assert answer.json()["remedy"]
    assert count(stocked) == 1


async def test_another_body_under_the_same_external_id_is_a_conflict(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    await post(client, as_role("crm"), BODY)

    answer = await post(client, as_role("crm"), BODY | {"priority": "0"})

    assert (answer.status_code, answer.json()["code"]) == (409, "external-id-taken")
    assert count(stocked) == 1


async def test_another_body_is_refused_as_such_even_when_it_is_faulty(
    client: AsyncClient, as_role: AsRole
) -> None:
    await post(client, as_role("crm"), BODY, "key-1")
    faulty = a_body(an_item(offering="no-such-thing"), externalId="CRM-1")

    assert (await post(client, as_role("crm"), faulty, "key-1")).status_code == 422
    assert (await post(client, as_role("crm"), faulty)).status_code == 409


async def test_the_order_of_fields_and_white_space_do_not_make_another_body(
    client: AsyncClient, as_role: AsRole
) -> None:
    reordered = dict(reversed(BODY.items()))

    answers = [await post(client, as_role("crm"), body, "key-1") for body in (BODY, reordered)]

    assert_one_answer(answers)


async def test_a_refused_order_leaves_its_key_and_external_id_free(
    client: AsyncClient, as_role: AsRole
) -> None:
    faulty = a_body(an_item(offering="no-such-thing"), externalId="CRM-1")

    assert (await post(client, as_role("crm"), faulty, "key-1")).status_code == 400
    assert (await post(client, as_role("crm"), BODY, "key-1")).status_code == 201


async def test_a_key_that_came_with_a_repetition_is_that_orders_too(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    headers = as_role("crm")
    answers = [await post(client, headers, BODY, key) for key in ("key-1", "key-2", "key-2")]

    other = await post(client, headers, a_body(), "key-2")

    assert_one_answer(answers)
    assert other.status_code == 422
    assert count(stocked) == 1


async def test_orders_without_names_are_all_new(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    answers = [await post(client, as_role("crm"), a_body()) for _ in range(2)]

    assert len({answer.content for answer in answers}) == 2
    assert count(stocked) == 2


async def test_keys_and_external_ids_are_each_clients_and_each_tenants_own(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    callers = [as_role("crm"), as_role("crm", "other"), as_role("crm", tenant="zhejiang")]

    answers = [await post(client, headers, BODY, "key-1") for headers in callers]

    assert {answer.status_code for answer in answers} == {201}
    assert count(stocked) == 3


async def test_duplicates_that_wait_together_are_one_order(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    headers = as_role("crm")

    by_key = [post(client, headers, a_body(), "key-1") for _ in range(10)]
    by_external_id = [post(client, headers, BODY) for _ in range(10)]
    answers = await asyncio.gather(*by_key, *by_external_id)

    assert_one_answer(answers[:10])
    assert_one_answer(answers[10:])
    assert count(stocked) == len(published(stocked)) == 2


async def test_a_duplicate_that_differs_is_refused_within_one_batch_and_affects_no_other(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    headers = as_role("crm")

    answers = await asyncio.gather(
        *(post(client, headers, a_body(priority=str(n)), "key-1") for n in range(5)),
        *(post(client, headers, a_body(externalId=f"CRM-{n}")) for n in range(5)),
    )

    assert sorted(answer.status_code for answer in answers[:5]) == [201, 422, 422, 422, 422]
    assert {answer.status_code for answer in answers[5:]} == {201}
    assert count(stocked) == 6


async def test_duplicates_at_two_processes_are_one_order(
    stocked: Sessions, own_settings: Settings, as_role: AsRole
) -> None:
    headers = as_role("crm")
    async with (
        api_client(SERVICE, stocked, own_settings) as one,
        api_client(SERVICE, stocked, own_settings) as other,
    ):
        for n in range(10):
            body = a_body(externalId=f"CRM-{n}")
            answers = await asyncio.gather(
                *(post(client, headers, body, f"key-{n}") for client in (one, other) * 3)
            )
            assert_one_answer(answers)

    assert count(stocked) == len(published(stocked)) == 10


async def test_the_loser_of_a_race_for_a_key_gets_the_winners_answer(
    stocked: Sessions, own_settings: Settings, as_role: AsRole
) -> None:
    headers = as_role("crm")
    async with (
        api_client(SERVICE, stocked, own_settings) as one,
        api_client(SERVICE, stocked, own_settings) as other,
    ):
        winner = await post(one, headers, BODY, "key-1")
        with stocked.begin() as session:
            names = SubmissionKeys("jiangsu", "crm", "key-1", "CRM-1")
            submission, _ = submissions.find(session, names)
            session.execute(text("TRUNCATE submissions, orders, order_progress"))
        assert submission
        race = stocked()
        submissions.add(race, submission)
        submissions.SUBMISSIONS.write(race)
        loser = asyncio.create_task(post(other, headers, BODY, "key-1"))
        await until_a_transaction_waits(stocked)
        race.commit()
        race.close()

        assert (await loser).content == winner.content

    assert count(stocked, SubmissionRow) == 1
    assert count(stocked) == 0


async def test_two_orders_cannot_disconnect_one_product_at_once(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:

    order = accepted()
    made = products_after(order.order, {}, service_completed(order).services, NOON).created
    with stocked.begin() as session:
        products.put_all(session, created=made)
        products.PRODUCTS.write(session)
    body = a_body(a_disconnection(made[0].id))

    answers = await asyncio.gather(
        *(post(client, as_role("crm"), body, str(uuid4())) for _ in range(5))
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    refusal = next(answer.json() for answer in answers if answer.status_code == 409)
    assert refusal["code"] == "product-busy"
