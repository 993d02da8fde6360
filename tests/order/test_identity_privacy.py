"""The number of an identity document is stored nowhere, and its keyed hash is erased."""

import pytest
from httpx import AsyncClient

from services.order.app import SERVICE
from services.order.tables import IdentityHoldingRow
from shared.config.settings import Settings
from shared.persistence.database import Sessions
from tests.callers import AsRole, api_client
from tests.erasure import columns_with
from tests.kernel import count_of
from tests.order.builders import DOCUMENT_NUMBERS, IDENTITY, a_body
from tests.order.test_api_idempotency import post
from tests.order.test_erasure import erase
from tests.order.test_identity_holdings import (
    a_plan_order,
    codes_of,
    completed,
    held,
    placed,
)


async def test_an_erasure_removes_the_key_of_the_identity_wherever_it_is_stored(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    await completed(client, stocked, as_role("crm"), a_plan_order(1))
    traces = (IDENTITY, "RNV-2026-0001")
    with stocked() as session:
        before = columns_with(session.connection(), *traces)
    assert before == {
        "orders.content",
        "outbox.body",
        "submissions.answer",
        "identity_holdings.identity",
    }

    erase(stocked)

    with stocked() as session:
        assert columns_with(session.connection(), *traces) == set()
    assert held(stocked) == set()


async def test_no_column_and_no_log_has_the_number_of_a_document(
    client: AsyncClient,
    stocked: Sessions,
    as_role: AsRole,
    capfd: pytest.CaptureFixture[str],
) -> None:
    await placed(client, stocked, as_role("crm"), a_plan_order(1))
    false = a_plan_order(2, f"{DOCUMENT_NUMBERS[0][:-1]}9")
    assert codes_of(await post(client, as_role("crm"), false)) == {"identity-number-false"}
    odd = a_plan_order(3)
    odd["relatedParty"][0]["realNameCheck"]["documentNumber"] = [DOCUMENT_NUMBERS[0]]
    refused = await post(client, as_role("crm"), odd)
    assert refused.status_code == 400

    with stocked() as session:
        assert columns_with(session.connection(), DOCUMENT_NUMBERS[0][:-1]) == set()
    written = capfd.readouterr()
    assert DOCUMENT_NUMBERS[0][:-1] not in written.out + written.err + refused.text


async def test_without_a_secret_a_check_is_answered_with_503(
    stocked: Sessions, own_settings: Settings, as_role: AsRole
) -> None:
    keyless = own_settings.model_copy(update={"person_key": ""})
    async with api_client(SERVICE, stocked, keyless) as client:
        answer = await post(client, as_role("crm"), a_plan_order())
        fibre = await post(client, as_role("crm"), a_body())

    assert (answer.status_code, fibre.status_code) == (503, 201)
    assert "KAITONG_PERSON_KEY" in answer.json()["detail"]
    assert count_of(stocked, IdentityHoldingRow) == 0
