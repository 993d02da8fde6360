"""Accounts that orders of two customers name are listed, and settled by operators."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from httpx import AsyncClient, Response

from services.customer import store
from services.customer.api.views.contested_accounts import MAX_USES_SHOWN
from services.customer.app import SERVICE
from services.customer.domain.parties.contested_account import ContestState, settle_contest
from services.customer.domain.parties.party import account_from_order
from services.customer.handlers import SUBSCRIPTIONS
from shared.config.settings import Settings
from shared.health.monitor import HealthReport, Monitor, MonitorInputs
from shared.observability.metrics import REGISTRY
from shared.observability.troubles import TroubleKind
from shared.persistence.database import Sessions
from shared.persistence.pagination import Window
from tests.callers import CLIENT, AsRole
from tests.conftest import NOON
from tests.customer.builders import TENANT, ZHANG, a_customer, accepted
from tests.hrefs import broken_references, references_in
from tests.kernel import consume
from tests.resources.concurrency import TIMEOUT_S, waits_for_lock

OTHER = "another-crm"
LI, WANG = "li-na", "wang"
CONTESTED = "/ops/v1/contested-accounts"
SETTLE = f"{CONTESTED}/acc-1/settle"
NOTE = {"note": "one family"}


def two_customers_name_it(sessions: Sessions) -> None:
    """Accept an order of each of two customers for one account, from two clients."""
    consume(sessions, SUBSCRIPTIONS, accepted(1))
    consume(sessions, SUBSCRIPTIONS, accepted(2, a_customer(id=LI), client=OTHER))


async def listed(client: AsyncClient, as_role: AsRole, **query: str) -> list[tuple[str, str]]:
    """Return the ids and states of the accounts in the list."""
    answer = await client.get(CONTESTED, params=query, headers=as_role("viewer"))
    return [(each["id"], each["state"]) for each in answer.json()]


async def settle(client: AsyncClient, as_role: AsRole) -> Response:
    return await client.post(SETTLE, json=NOTE, headers=as_role("operator", person="mei"))


async def report_of(sessions: Sessions, environment: dict[str, str]) -> HealthReport:
    """Return the health report of a process of the service."""
    settings = Settings.from_environment("customer", environment)
    return await Monitor(settings, sessions, MonitorInputs(database=SERVICE.troubles)).report()


async def test_an_account_of_two_customers_is_listed_with_the_customers_and_clients_that_name_it(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    two_customers_name_it(sessions)
    consume(sessions, SUBSCRIPTIONS, accepted(3, a_customer(id=WANG, account_id="acc-2")))

    answer = await client.get(CONTESTED, headers=as_role("viewer"))

    (account,) = answer.json()
    named_by = [(each["id"], each["client"]) for each in account["namedBy"]]
    assert (account["id"], account["state"], account["isCutShort"]) == ("acc-1", "open", False)
    assert named_by == [(LI, OTHER), (ZHANG, CLIENT)]
    assert account["since"] == account["namedBy"][0]["since"]
    assert len(list(references_in(account))) == 3
    assert await broken_references(client, account, as_role("viewer")) == []


async def test_an_account_that_very_many_customers_name_is_shown_with_the_first_of_them(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    for n in range(MAX_USES_SHOWN + 1):
        consume(sessions, SUBSCRIPTIONS, accepted(n, a_customer(id=f"C-{n:02}")))

    (account,) = (await client.get(CONTESTED, headers=as_role("viewer"))).json()

    assert [each["id"] for each in account["namedBy"]] == [
        f"C-{n:02}" for n in range(MAX_USES_SHOWN)
    ]
    assert account["isCutShort"]


async def test_the_list_is_paged(client: AsyncClient, sessions: Sessions, as_role: AsRole) -> None:
    two_customers_name_it(sessions)
    for n, customer in enumerate((ZHANG, LI), 3):
        consume(sessions, SUBSCRIPTIONS, accepted(n, a_customer(id=customer, account_id="acc-2")))

    first = await client.get(CONTESTED, params={"limit": "1"}, headers=as_role("viewer"))
    second = await client.get(first.links["next"]["url"], headers=as_role("viewer"))

    assert [first.status_code, second.status_code] == [206, 200]
    assert [each["id"] for each in first.json() + second.json()] == ["acc-1", "acc-2"]


async def test_a_settled_account_shows_the_person_and_the_note_and_the_audit_has_it(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    two_customers_name_it(sessions)

    settled = await settle(client, as_role)

    shown = (await client.get(CONTESTED, headers=as_role("viewer"))).json()
    audit = (await client.get("/ops/v1/audit", headers=as_role("auditor"))).json()
    assert shown == [settled.json()]
    assert (shown[0]["state"], shown[0]["settledBy"], shown[0]["note"]) == (
        ("settled", "mei", "one family")
    )
    assert shown[0]["settledAt"]
    assert [(each["action"], each["subject"], each["reason"]) for each in audit] == [
        ("account.settle", "acc-1", "one family")
    ]


async def test_the_list_is_of_open_accounts_of_settled_ones_or_of_both(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    two_customers_name_it(sessions)
    for n, customer in enumerate((ZHANG, LI), 3):
        consume(sessions, SUBSCRIPTIONS, accepted(n, a_customer(id=customer, account_id="acc-2")))
    await settle(client, as_role)

    assert await listed(client, as_role, state="open") == [("acc-2", "open")]
    assert await listed(client, as_role, state="settled") == [("acc-1", "settled")]
    assert await listed(client, as_role) == [("acc-1", "settled"), ("acc-2", "open")]


async def test_a_third_customer_opens_a_settled_account_again(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    two_customers_name_it(sessions)
    before = (await settle(client, as_role)).json()

    consume(sessions, SUBSCRIPTIONS, accepted(3, a_customer(id=WANG)))

    (after,) = (await client.get(CONTESTED, headers=as_role("viewer"))).json()
    assert (before["state"], after["state"]) == ("settled", "open")
    assert [each["id"] for each in after["namedBy"]] == [LI, WANG, ZHANG]
    assert (after["settledBy"], after["note"]) == ("mei", "one family")
    assert (await settle(client, as_role)).json()["state"] == "settled"


@pytest.mark.parametrize("sent_by", [CLIENT, OTHER])
async def test_a_customer_that_named_it_before_opens_no_settled_account(
    client: AsyncClient, sessions: Sessions, as_role: AsRole, sent_by: str
) -> None:
    two_customers_name_it(sessions)
    await settle(client, as_role)

    consume(sessions, SUBSCRIPTIONS, accepted(3, client=sent_by))

    assert await listed(client, as_role) == [("acc-1", "settled")]


def test_an_order_that_names_an_account_while_it_is_settled_opens_it_again(
    sessions: Sessions,
) -> None:
    two_customers_name_it(sessions)

    with ThreadPoolExecutor(1) as pool:
        with sessions.begin() as session:
            account = store.contested_accounts.find_for_update(session, TENANT, "acc-1")
            assert account
            third = pool.submit(consume, sessions, SUBSCRIPTIONS, accepted(3, a_customer(id=WANG)))
            waited = waits_for_lock(sessions, third)
            customers = store.contested_accounts.count_customers(session, [account])[account.key]
            store.contested_accounts.put(
                session, [settle_contest(account, customers, "mei", "one family", NOON)]
            )
        third.result(TIMEOUT_S)

    with sessions() as session:
        (after,) = store.contested_accounts.find_page(session, TENANT, Window(0, 2))
    assert waited
    assert (customers, after.settled_by, after.state) == (2, "mei", ContestState.OPEN)


def test_two_customers_that_name_an_account_at_the_same_moment_are_noticed(
    sessions: Sessions,
) -> None:
    with ThreadPoolExecutor(1) as pool:
        with sessions.begin() as session:
            first = store.add_accounts(session, [account_from_order(accepted(1), TENANT, NOON)])
            of_second = accepted(2, a_customer(id=LI), client=OTHER)
            second = pool.submit(consume, sessions, SUBSCRIPTIONS, of_second)
            waited = waits_for_lock(sessions, second)
        second.result(TIMEOUT_S)

    with sessions() as session:
        found = store.contested_accounts.find_page(session, TENANT, Window(0, 2))
    assert (first, waited) == ([], True)
    assert [each.account_id for each in found] == ["acc-1"]


async def test_an_account_that_is_not_contested_cannot_be_settled(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1))

    answer = await settle(client, as_role)

    assert answer.status_code == 404
    assert f"GET {CONTESTED}" in answer.text
    assert (await client.get("/ops/v1/audit", headers=as_role("auditor"))).json() == []


async def test_a_tenant_neither_sees_nor_settles_what_another_ones_customers_name(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    two_customers_name_it(sessions)
    elsewhere = as_role("admin", tenant="zhejiang")

    seen = await client.get(CONTESTED, headers=elsewhere)
    settled = await client.post(SETTLE, json=NOTE, headers=elsewhere)

    assert (seen.json(), settled.status_code) == ([], 404)
    assert await listed(client, as_role) == [("acc-1", "open")]


@pytest.mark.parametrize("note", ["", "x" * 501, None])
async def test_an_account_is_settled_with_a_note(
    client: AsyncClient, sessions: Sessions, as_role: AsRole, note: str | None
) -> None:
    two_customers_name_it(sessions)

    answer = await client.post(SETTLE, json={"note": note}, headers=as_role("operator"))

    assert answer.status_code == 400
    assert await listed(client, as_role) == [("acc-1", "open")]


async def test_open_accounts_are_a_notice_in_the_health_report_and_metrics_until_they_are_settled(
    client: AsyncClient, sessions: Sessions, as_role: AsRole, own_settings: dict[str, str]
) -> None:
    labels: dict[str, str] = {"kind": TroubleKind.CONTESTED_ACCOUNTS}
    two_customers_name_it(sessions)

    before = await report_of(sessions, own_settings)
    counted = REGISTRY.get_sample_value("kaitong_trouble", labels)
    await settle(client, as_role)
    after = await report_of(sessions, own_settings)

    (trouble,) = before.troubles
    assert (trouble.kind, trouble.count, trouble.is_notice) == (
        TroubleKind.CONTESTED_ACCOUNTS,
        1,
        True,
    )
    assert (before.is_ready, counted) == (True, 1)
    assert after.troubles == ()
    assert REGISTRY.get_sample_value("kaitong_trouble", labels) == 0


def test_the_age_of_open_accounts_is_that_of_the_oldest(sessions: Sessions) -> None:
    two_customers_name_it(sessions)
    hour = timedelta(hours=1)
    for n, customer in enumerate((ZHANG, LI), 3):
        order = accepted(n, a_customer(id=customer, account_id="acc-2"))
        consume(sessions, SUBSCRIPTIONS, order, now=NOON + hour)

    with sessions() as session:
        (trouble,) = store.contested_accounts.contested_account_troubles(session, NOON + 2 * hour)

    assert (trouble.count, trouble.oldest_age_s) == (2, (2 * hour).total_seconds())
