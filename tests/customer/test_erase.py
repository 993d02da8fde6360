"""Erasure of a customer's personal data, and recognition of the person afterwards."""

from datetime import UTC, datetime, timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from services.customer.app import SERVICE
from services.customer.handlers import SUBSCRIPTIONS
from services.customer.tables import PartyRow
from shared.config.settings import Settings
from shared.contracts import Causation, OrderAccepted, PartyErased, party_key, read_envelope
from shared.contracts.personal import with_personal_data_blanked
from shared.errors import ConflictError
from shared.messaging.dispatcher import index_subscriptions, on
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.database import Sessions
from shared.persistence.history import HistoryRow
from tests.callers import AsRole, api_client
from tests.conftest import NOON
from tests.customer.builders import TENANT, ZHANG, a_customer, accepted, completed, order_id
from tests.erasure import fire_timers
from tests.kernel import consume, consume_records, dead_letter_rows, published, record_of

VIEW = f"/ops/v1/customers/{ZHANG}/view"
ERASE = f"/ops/v1/customers/{ZHANG}/erase"
REASON = {"reason": "request 2026-17"}
YESTERDAY = datetime.now(UTC) - timedelta(days=1)
TOMORROW = datetime.now(UTC) + timedelta(days=1)


def refuse(_: OrderAccepted, __: UnitOfWork) -> None:
    raise ConflictError


REFUSING = SUBSCRIPTIONS | index_subscriptions(on(OrderAccepted, refuse))


def consume_at(sessions: Sessions, published_at: datetime, *orders: OrderAccepted) -> None:
    """Consume accepted orders that were published at a time."""
    causes = [Causation(order.order_id, order.order_id, TENANT) for order in orders]
    records = [
        record_of(order, cause, published_at=published_at)
        for order, cause in zip(orders, causes, strict=True)
    ]
    consume_records(sessions, SUBSCRIPTIONS, records)


async def test_an_erased_customer_is_blank_everywhere_and_keeps_orders_and_products(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1), completed(1))

    answer = await client.post(ERASE, json=REASON, headers=as_role("admin"))

    assert answer.status_code == 200
    assert answer.json()["isRecognisable"] is True
    with sessions() as session:
        (row,) = session.scalars(select(PartyRow))
        table = PartyRow.__table__
        personal = [column.name for column in table.columns if column.info.get("personal")]
        assert [getattr(row, name) for name in personal] == [""] * len(personal)
        assert row.person_mark
    view = (await client.get(VIEW, headers=as_role("viewer"))).json()
    assert (view["profile"]["name"], view["profile"]["phone"]) == ("", "")
    assert view["profile"]["erasedAt"] == answer.json()["erasedAt"]
    assert [each["id"] for each in view["orders"]] == [str(order_id(1))]
    assert len(view["products"]) == 1
    party = await client.get(
        f"/tmf-api/partyManagement/v4/individual/{ZHANG}", headers=as_role("crm")
    )
    assert party.json().keys().isdisjoint({"fullName"})
    assert party.json()["contactMedium"] == party.json()["individualIdentification"] == []


@pytest.mark.parametrize("query", [{"phone": "13851234567"}, {"name": "张伟"}])
async def test_an_erased_customer_is_not_found_any_more(
    client: AsyncClient, sessions: Sessions, as_role: AsRole, query: dict[str, str]
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1))

    await client.post(ERASE, json=REASON, headers=as_role("admin"))

    found = await client.get("/ops/v1/customers", params=query, headers=as_role("viewer"))
    assert found.json() == []


async def test_an_erasure_is_noted_with_its_client_and_reason(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1))

    for _ in range(2):
        await client.post(ERASE, json=REASON, headers=as_role("admin", client="li-na"))

    with sessions() as session:
        (row,) = session.scalars(select(HistoryRow))
    assert (row.kind, row.subject, row.part, row.became, row.reason) == (
        "party",
        ZHANG,
        "li-na",
        "erased",
        "request 2026-17",
    )


async def test_planners_are_not_shown_that_a_customer_was_erased_and_why(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1))
    await client.post(ERASE, json=REASON, headers=as_role("admin"))
    place = f"/ops/v1/journeys/{ZHANG}"

    seen, hidden = [
        (await client.get(place, headers=as_role(role))).json() for role in ("viewer", "network")
    ]

    assert [(each["became"], each["reason"]) for each in seen] == [("erased", REASON["reason"])]
    assert hidden == []


async def test_an_erasure_is_published_once(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    consume_at(sessions, TOMORROW, accepted(1))

    for _ in range(2):
        await client.post(ERASE, json=REASON, headers=as_role("admin"))

    key = party_key(TENANT, ZHANG)
    (message,) = published(sessions)
    assert isinstance(message, PartyErased)
    assert (message.party_key, message.party_id, message.until) == (key, ZHANG, TOMORROW)


async def test_what_is_parked_of_an_erased_customer_is_blanked_too(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    consume_at(sessions, YESTERDAY, accepted(1))
    consume_records(sessions, REFUSING, [record_of(accepted(2), published_at=YESTERDAY)])
    await client.post(ERASE, json=REASON, headers=as_role("admin"))

    consume(sessions, SUBSCRIPTIONS, *published(sessions))
    fire_timers(sessions, SUBSCRIPTIONS, NOON)

    (row,) = dead_letter_rows(sessions)
    assert read_envelope(row.body).open() == with_personal_data_blanked(accepted(2))


async def test_a_message_from_before_an_erasure_brings_nothing_back(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    consume_at(sessions, YESTERDAY, accepted(1))
    await client.post(ERASE, json=REASON, headers=as_role("admin"))

    consume_at(sessions, YESTERDAY + timedelta(minutes=1), accepted(2))

    view = (await client.get(VIEW, headers=as_role("viewer"))).json()
    assert view["profile"]["name"] == ""
    assert len(view["orders"]) == 2


async def test_an_order_after_an_erasure_makes_the_customer_known_again(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    consume_at(sessions, YESTERDAY, accepted(1))
    await client.post(ERASE, json=REASON, headers=as_role("admin"))

    consume_at(sessions, TOMORROW, accepted(2))

    profile = (await client.get(VIEW, headers=as_role("viewer"))).json()["profile"]
    assert profile["name"] == "张伟"
    assert profile["erasedAt"]


async def test_an_erased_person_is_recognised_under_a_new_id(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1))
    await client.post(ERASE, json=REASON, headers=as_role("admin"))
    consume(sessions, SUBSCRIPTIONS, accepted(2, a_customer(id="new", phone="1", email="")))
    consume(sessions, SUBSCRIPTIONS, accepted(3, a_customer(id="other", identity_number="4")))

    async def known_before(party_id: str, role: str) -> list[str]:
        url = f"/ops/v1/customers/{party_id}/view"
        answer = await client.get(url, headers=as_role(role))
        return list(answer.json()["profile"]["knownBeforeAs"])

    assert await known_before("new", "viewer") == [ZHANG]
    assert await known_before("other", "viewer") == []
    assert await known_before("new", "crm") == []
    assert await known_before(ZHANG, "viewer") == []


@pytest.mark.parametrize("role", ["crm", "viewer", "ops"])
async def test_only_an_admin_erases(
    client: AsyncClient, sessions: Sessions, as_role: AsRole, role: str
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1))

    answer = await client.post(ERASE, json=REASON, headers=as_role(role))

    assert answer.status_code == 403


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "because", "force": True}])
async def test_an_erasure_needs_a_reason_and_nothing_else(
    client: AsyncClient, as_role: AsRole, body: dict[str, object]
) -> None:
    answer = await client.post(ERASE, json=body, headers=as_role("admin"))

    assert answer.status_code == 400


async def test_a_customer_of_another_tenant_cannot_be_erased(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1))

    answer = await client.post(ERASE, json=REASON, headers=as_role("admin", tenant="zhejiang"))

    assert answer.status_code == 404


async def test_without_a_key_for_marks_no_customer_is_erased(
    sessions: Sessions, own_settings: dict[str, str], as_role: AsRole
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1))
    keyless = Settings.from_environment("customer", own_settings | {"KAITONG_PERSON_KEY": ""})

    async with api_client(SERVICE, sessions, keyless) as client:
        answer = await client.post(ERASE, json=REASON, headers=as_role("admin"))
        view = await client.get(VIEW, headers=as_role("viewer"))

    assert answer.status_code == 503
    assert "KAITONG_PERSON_KEY" in answer.json()["detail"]
    assert view.json()["profile"]["name"] == "张伟"
