"""A client sees of a customer only the data and orders that it sent itself."""

from itertools import pairwise
from typing import Any

import pytest
from httpx import AsyncClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from services.customer import store
from services.customer.commands.customers import require_customer
from services.customer.domain.parties.party import Party
from services.customer.handlers import SUBSCRIPTIONS
from services.customer.tables import ContestedAccountRow, PartySourceRow
from shared.access.access_rule import DataScope
from shared.contracts import Causation, Customer, Message, OrderRejected, RefusalCode
from shared.kafka.record_types import ConsumedRecord
from shared.persistence.database import Sessions
from tests.callers import CLIENT, AsRole
from tests.conftest import delete_all_rows
from tests.customer.builders import TENANT, ZHANG, a_customer, accepted, at, completed, order_id
from tests.customer.test_erase import ERASE, REASON, TOMORROW, YESTERDAY, consume_at
from tests.kernel import consume, consume_records, record_of

OTHER = "another-crm"
VIEW = f"/ops/v1/customers/{ZHANG}/view"
INDIVIDUAL = f"/tmf-api/partyManagement/v4/individual/{ZHANG}"
ACCOUNTS = "/tmf-api/accountManagement/v4/partyAccount"
BY_ID = Customer(id=ZHANG, category="")


def order_record(minute: int, message: Message) -> ConsumedRecord:
    cause = Causation(order_id(100 + minute), message.key, TENANT)
    return record_of(message, cause, published_at=at(minute))


RECORDS = [
    order_record(minute, message)
    for minute, message in enumerate(
        [
            accepted(1, a_customer(category="business")),
            accepted(2, BY_ID),
            accepted(3, a_customer(phone="13900000001", name="", category="")),
            accepted(4, BY_ID, client=OTHER),
            accepted(5, Customer(id=ZHANG, name="Zhang", category="", kind="Individual")),
            accepted(6, Customer(id=ZHANG, email="z@example.cn", category=""), client=OTHER),
        ]
    )
]


def the_parties(sessions: Sessions) -> list[Party]:
    """Return the customer as the tenant, and as each of two clients, may see it."""
    with sessions() as session:
        data_scopes = [DataScope(TENANT, client) for client in (None, CLIENT, OTHER)]
        found = [store.find_party(session, data_scope, ZHANG) for data_scope in data_scopes]
    return [require_customer(each, ZHANG) for each in found]


@pytest.fixture(scope="module")
def expected(databases: dict[str, Sessions]) -> list[Party]:
    """The customer when the messages arrive in the order of publication."""
    delete_all_rows(databases["customer"])
    consume_records(databases["customer"], SUBSCRIPTIONS, RECORDS)
    return the_parties(databases["customer"])


def test_an_order_that_names_its_customer_by_id_alone_blanks_nothing(
    expected: list[Party],
) -> None:
    whole, own, others = expected

    assert (whole.name, whole.phone, whole.email) == ("Zhang", "13900000001", "z@example.cn")
    assert whole.identity_number == own.identity_number == "320102199003078515"
    assert (own.name, own.email, own.category) == ("Zhang", "zhang@example.cn", "public")
    assert (others.name, others.phone, others.identity_number) == ("", "", "")
    assert others.email == "z@example.cn"


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.permutations(RECORDS), st.lists(st.integers(0, len(RECORDS)), max_size=3))
def test_of_each_field_the_latest_value_counts_however_messages_arrive(
    databases: dict[str, Sessions],
    expected: list[Party],
    shuffled: list[ConsumedRecord],
    cuts: list[int],
) -> None:
    sessions = databases["customer"]
    delete_all_rows(sessions)

    for start, end in pairwise([0, *sorted(cuts), len(RECORDS)]):
        consume_records(sessions, SUBSCRIPTIONS, shuffled[start:end])

    assert the_parties(sessions) == expected


async def test_a_rejected_order_opens_no_data_of_another_client(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    unserved = OrderRejected(
        order_id=order_id(2), customer_id=ZHANG, code=RefusalCode.UNSERVED, reason="no plant"
    )
    consume(sessions, SUBSCRIPTIONS, accepted(1), completed(1))
    consume(
        sessions,
        SUBSCRIPTIONS,
        accepted(
            2,
            a_customer(name="", phone="", email="", identity_number="", account_id=""),
            client=OTHER,
        ),
        unserved,
    )
    consume(sessions, SUBSCRIPTIONS, accepted(3))
    stranger = as_role("crm", client=OTHER)

    person = (await client.get(INDIVIDUAL, headers=stranger)).json()
    view = (await client.get(VIEW, headers=stranger)).json()
    accounts = await client.get(ACCOUNTS, params={"relatedParty.id": ZHANG}, headers=stranger)
    found = await client.get("/ops/v1/customers", params={"phone": "13851234567"}, headers=stranger)

    assert "fullName" not in person
    assert person["contactMedium"] == person["individualIdentification"] == []
    assert (view["profile"]["name"], view["profile"]["identityNumber"]) == ("", "")
    assert [each["id"] for each in view["orders"]] == [str(order_id(2))]
    assert view["products"] == view["accounts"] == view["numbers"] == []
    assert accounts.json() == found.json() == []


@pytest.mark.parametrize("role", ["viewer", "agent"])
async def test_staff_see_the_data_of_all_clients(
    client: AsyncClient, sessions: Sessions, as_role: AsRole, role: str
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1), completed(1))
    consume(sessions, SUBSCRIPTIONS, accepted(2, BY_ID, client=OTHER))

    view = (await client.get(VIEW, headers=as_role(role))).json()

    assert view["profile"]["name"] == "张伟"
    assert [each["client"] for each in view["orders"]] == [OTHER, CLIENT]
    assert len(view["products"]) == 1


async def test_an_account_of_two_customers_is_shown_with_both_and_reported(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1))
    consume(sessions, SUBSCRIPTIONS, accepted(2, a_customer(id="li-na")))

    account = await client.get(f"{ACCOUNTS}/acc-1", headers=as_role("crm"))
    of_first = await client.get(
        ACCOUNTS, params={"relatedParty.id": ZHANG}, headers=as_role("viewer")
    )

    assert [each["id"] for each in account.json()["relatedParty"]] == ["li-na", ZHANG]
    assert [each["id"] for each in of_first.json()] == ["acc-1"]
    with sessions() as session:
        assert session.scalars(select(ContestedAccountRow.account_id)).all() == ["acc-1"]


@pytest.mark.parametrize("apart", [True, False])
def test_only_an_account_that_two_customers_name_is_reported(
    sessions: Sessions, *, apart: bool
) -> None:
    orders: list[Any] = [
        accepted(1),
        accepted(2),
        accepted(3, client=OTHER),
        accepted(4, a_customer(id="li-na", account_id="acc-2")),
        accepted(5, a_customer(id="wang", account_id="acc-2")),
    ]
    for batch in [[each] for each in orders] if apart else [orders]:
        consume(sessions, SUBSCRIPTIONS, *batch)

    with sessions() as session:
        assert session.scalars(select(ContestedAccountRow.account_id)).all() == ["acc-2"]


async def test_an_erasure_blanks_the_data_of_every_client_whenever_its_message_arrives(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    consume_at(sessions, YESTERDAY, accepted(1))
    await client.post(ERASE, json=REASON, headers=as_role("admin"))

    consume_at(sessions, YESTERDAY, accepted(2, client=OTHER), accepted(3))

    with sessions() as session:
        rows = session.scalars(select(PartySourceRow).order_by(PartySourceRow.client)).all()
        stored = [(row.client, row.name, row.phone, row.email, row.identity_number) for row in rows]
    assert stored == [(OTHER, "", "", "", ""), (CLIENT, "", "", "", "")]
    consume_at(sessions, TOMORROW, accepted(4, client=OTHER))
    _, own, others = the_parties(sessions)
    assert (own.name, others.name) == ("", "张伟")
