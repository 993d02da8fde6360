"""What counts for an identity: over the tenant, under concurrent orders, until a product ends."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient, Response

from services.order import store
from services.order.api.views.orders import render_answer
from services.order.app import SERVICE
from services.order.commands.acceptance_context import PlaceOrderCommand, preload
from services.order.commands.place_order import accept_or_replay
from services.order.domain.acceptance.submission import SubmissionKeys
from services.order.domain.identity.holdings import IdentityHolding
from services.order.domain.identity.identity_key import identity_key
from services.order.handlers import SUBSCRIPTIONS
from services.order.tables import IdentityHoldingRow
from shared.access.access_rule import tenant_wide_scope
from shared.config.settings import Settings
from shared.contracts import Causation, OrderAccepted, RefusalCode, ResourcesRefused, ServiceFailed
from shared.errors import InvalidError
from shared.messaging.commit_context import CommitContext
from shared.messaging.unit_of_work import begin_transaction
from shared.persistence.database import Sessions
from shared.recovery.recovery_store import RecoveryState
from tests.callers import CLIENT, AsRole, api_client
from tests.conftest import NOON
from tests.kernel import TENANT, consume, count_of, note_recovery, published
from tests.order.builders import (
    DOCUMENT_NUMBERS,
    IDENTITY,
    IDENTITY_SECRET,
    Json,
    a_body,
    a_disconnection,
    an_item,
    identified,
    order_id,
    read_order,
    service_completed_for,
)
from tests.order.test_api_idempotency import post
from tests.order.test_store import counted
from tests.order.test_takeover import lose_the_orders
from tests.order.waiting import until_a_transaction_waits

LIMIT = 5
IN_NANJING = {"role": "installation address", "localNetwork": "025"}


def a_plan_order(n: int = 1, number: str = DOCUMENT_NUMBERS[0], **differences: Any) -> Json:
    """Return an order of the n-th customer for a plan, by an identity."""
    item = an_item("1", "plan-20", place=IN_NANJING)
    return identified(a_body(item, party=f"C-{n}", **differences), number)


def a_command(n: int) -> PlaceOrderCommand:
    keys = SubmissionKeys(TENANT, CLIENT, f"key-{n}", None)
    return PlaceOrderCommand(keys, read_order(a_plan_order(n)), b"", tenant_wide_scope(TENANT))


def a_transfer(product: UUID, old: str, new: str, number: str) -> Json:
    """Return an order by which a product goes to another customer and identity."""
    item = {"id": "1", "action": "modify", "businessAction": "transfer"}
    parties = [{"id": new, "role": "customer"}, {"id": old, "role": "previous owner"}]
    body = a_body(item | {"product": {"id": str(product)}}, relatedParty=parties)
    return identified(body, number)


def codes_of(answer: Response) -> set[str]:
    return {each["code"] for each in answer.json()["errors"]}


def held(sessions: Sessions, number: str = DOCUMENT_NUMBERS[0]) -> set[UUID]:
    """Return the products that count for an identity."""
    with sessions() as session:
        key = identity_key(IDENTITY_SECRET, "residentIdentityCard", number)
        holdings = store.identities.get(session, (TENANT, key)).holdings
        return {each.product_id for each in holdings}


def latest_order(sessions: Sessions) -> OrderAccepted:
    """Return the last order that was accepted."""
    return [each for each in published(sessions) if isinstance(each, OrderAccepted)][-1]


def failure(order: OrderAccepted) -> ServiceFailed:
    return ServiceFailed(order_id=order.order_id, code="none-free", reason="none", step="1/sim")


def rejection(order: OrderAccepted) -> ResourcesRefused:
    code = RefusalCode.UNSERVED
    return ResourcesRefused(order_id=order.order_id, code=code, reason="nothing is there")


async def placed(
    client: AsyncClient, sessions: Sessions, headers: dict[str, str], body: Json
) -> OrderAccepted:
    """Place an order that is accepted."""
    answer = await post(client, headers, body)
    assert answer.status_code == 201, answer.text
    return latest_order(sessions)


async def completed(
    client: AsyncClient, sessions: Sessions, headers: dict[str, str], body: Json
) -> UUID:
    """Place an order and complete it; return the product of its first item."""
    order = await placed(client, sessions, headers, body)
    consume(sessions, SUBSCRIPTIONS, service_completed_for(order))
    return order.items[0].product_id


async def test_the_limit_is_that_of_the_identity_whatever_customer_and_client_it_comes_by(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    for n in range(LIMIT):
        headers = as_role("crm", client=f"crm-{n % 2}")
        await placed(client, stocked, headers, a_plan_order(n))

    sixth = await post(client, as_role("crm"), a_plan_order(9))
    other_identity = await post(client, as_role("crm"), a_plan_order(9, DOCUMENT_NUMBERS[1]))
    other_tenant = await post(client, as_role("crm", tenant="anhui"), a_plan_order(9))

    assert (sixth.status_code, codes_of(sixth)) == (400, {"identity-limit"})
    assert (other_identity.status_code, other_tenant.status_code) == (201, 201)


async def test_concurrent_orders_never_exceed_the_limit(
    client: AsyncClient, stocked: Sessions, own_settings: Settings, as_role: AsRole
) -> None:
    async with api_client(SERVICE, stocked, own_settings) as another_process:
        answers = await asyncio.gather(
            *(
                post(api, as_role("crm"), a_plan_order(n))
                for n, api in enumerate((client, another_process) * LIMIT)
            )
        )

    assert Counter(each.status_code for each in answers) == {201: LIMIT, 400: LIMIT}
    assert len(held(stocked)) == LIMIT


def test_orders_of_one_batch_count_for_each_other(stocked: Sessions) -> None:
    commands = [a_command(n) for n in range(LIMIT + 1)]
    with begin_transaction(stocked, NOON, CommitContext(uuid4())) as transaction:
        preload(transaction.session, commands)

        def place(n: int) -> None:
            cause = Causation(order_id(n), order_id(n), TENANT)
            accept_or_replay(commands[n], render_answer, transaction.unit_of_work(cause))

        for n in range(LIMIT):
            place(n)
        with pytest.raises(InvalidError) as refused:
            place(LIMIT)

    assert {each.code for each in refused.value.faults} == {"identity-limit"}
    assert len(held(stocked)) == LIMIT


async def test_an_order_waits_for_the_other_one_of_its_identity_and_counts_what_that_adds(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    with stocked() as other:
        store.identities.preload(other, [(TENANT, IDENTITY)])
        waiting = asyncio.create_task(post(client, as_role("crm"), a_plan_order()))
        await until_a_transaction_waits(stocked)
        store.identities.add_holdings(
            other,
            [
                IdentityHolding(uuid4(), TENANT, IDENTITY, "phone-cards", uuid4(), uuid4())
                for _ in range(LIMIT)
            ],
        )
        store.identities.HOLDINGS.write(other)
        other.commit()

    assert codes_of(await waiting) == {"identity-limit"}


@pytest.mark.parametrize("code", [RefusalCode.UNSERVED, ""])
async def test_an_order_that_is_rejected_or_fails_gives_its_count_back(
    client: AsyncClient, stocked: Sessions, as_role: AsRole, code: RefusalCode | str
) -> None:
    kept = await placed(client, stocked, as_role("crm"), a_plan_order(1))
    order = await placed(client, stocked, as_role("crm"), a_plan_order(2))

    consume(stocked, SUBSCRIPTIONS, rejection(order) if code else failure(order))

    assert held(stocked) == {kept.items[0].product_id}


async def test_a_product_counts_until_it_is_disconnected(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    product = await completed(client, stocked, as_role("crm"), a_plan_order(1))
    assert held(stocked) == {product}
    ending = a_body(a_disconnection(product), party="C-1")
    order = await placed(client, stocked, as_role("crm"), ending)
    assert held(stocked) == {product}

    consume(stocked, SUBSCRIPTIONS, service_completed_for(order))

    assert held(stocked) == set()


@pytest.mark.parametrize("is_completed", [False, True])
async def test_a_transfer_moves_the_count_to_the_new_holder_when_it_completes(
    *, client: AsyncClient, stocked: Sessions, as_role: AsRole, is_completed: bool
) -> None:
    product = await completed(client, stocked, as_role("crm"), a_plan_order(1))
    new = DOCUMENT_NUMBERS[1]
    transfer = a_transfer(product, "C-1", "C-2", new)
    order = await placed(client, stocked, as_role("crm"), transfer)
    assert (held(stocked), held(stocked, new)) == ({product}, {product})

    end = service_completed_for(order) if is_completed else failure(order)

    consume(stocked, SUBSCRIPTIONS, end)

    expected = (set(), {product}) if is_completed else ({product}, set())
    assert (held(stocked), held(stocked, new)) == expected


async def test_a_product_that_goes_to_another_record_of_its_holder_counts_once(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    product = await completed(client, stocked, as_role("crm"), a_plan_order(1))
    same = a_transfer(product, "C-1", "C-2", DOCUMENT_NUMBERS[0])

    await completed(client, stocked, as_role("crm"), same)

    assert held(stocked) == {product}
    assert count_of(stocked, IdentityHoldingRow) == 1


async def test_what_counts_is_restored_with_the_orders_and_retracted_with_them(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    body = a_plan_order(externalId="CRM-1")
    order = await placed(client, stocked, as_role("crm"), body)
    lose_the_orders(stocked)
    again = await placed(client, stocked, as_role("crm"), body)
    assert again.order_id != order.order_id
    assert held(stocked) == {again.items[0].product_id}

    consume(stocked, SERVICE.takeover.subscriptions, order)

    assert held(stocked) == {order.items[0].product_id}


async def test_orders_without_a_check_send_no_further_statement(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    with counted(stocked) as statements:
        await placed(client, stocked, as_role("crm"), a_body())
        consume(stocked, SUBSCRIPTIONS, service_completed_for(latest_order(stocked)))
    assert [each for each in statements if "identity" in each or "advisory_xact" in each] == []

    with counted(stocked) as statements:
        await placed(client, stocked, as_role("crm"), a_plan_order(1))
    own = [each for each in statements if "identity_" in each or "advisory_xact" in each]
    assert len(own) == 4


async def test_with_a_restored_database_a_refusal_waits_for_the_end_of_the_recovery(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    for n in range(LIMIT):
        await placed(client, stocked, as_role("crm"), a_plan_order(n))
    note_recovery(stocked, datetime.now(UTC), RecoveryState.REPLAYING)

    assert (await post(client, as_role("crm"), a_plan_order(9))).status_code == 503
