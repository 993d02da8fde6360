"""Grants of customers to other clients: permission, effect, messages and audit."""

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import select

from services.customer.app import SERVICE
from services.customer.handlers import SUBSCRIPTIONS
from shared.access import grants
from shared.access.grants import Grant, GrantRow
from shared.contracts import AccessChanged, Customer
from shared.persistence import audit_log
from shared.persistence.database import Sessions
from tests.callers import CLIENT, AsRole
from tests.conftest import NOON
from tests.customer.builders import TENANT, ZHANG, a_customer, accepted, completed
from tests.kernel import consume, published

OTHER = "another-crm"
GRANTS = "/ops/v1/grants"
INDIVIDUAL = f"/tmf-api/partyManagement/v4/individual/{ZHANG}"
VIEW = f"/ops/v1/customers/{ZHANG}/view"
ONE = {"owner": CLIENT, "grantee": OTHER, "customerId": ZHANG, "reason": "the shop was sold"}
ALL = {name: value for name, value in ONE.items() if name != "customerId"}


async def share(client: AsyncClient, headers: dict[str, str], **changes: str) -> Response:
    return await client.post(GRANTS, json=ONE | changes, headers=headers)


async def test_a_granted_client_sees_the_owners_data_until_it_is_revoked(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1), completed(1))
    stranger, supervisor = as_role("crm", OTHER), as_role("supervisor", person="li-na")

    before = await client.get(VIEW, headers=stranger)
    answer = await share(client, supervisor)
    view = (await client.get(VIEW, headers=stranger)).json()
    person = (await client.get(INDIVIDUAL, headers=stranger)).json()
    found = await client.get("/ops/v1/customers", params={"phone": "13851234567"}, headers=stranger)
    revoked = await client.post(f"{GRANTS}/revoke", json=ONE, headers=supervisor)
    after = await client.get(VIEW, headers=stranger)

    assert (before.status_code, after.status_code) == (404, 404)
    assert (answer.status_code, revoked.status_code) == (201, 200)
    assert (answer.json()["changedBy"], revoked.json()["level"]) == ("li-na", "")
    assert view["profile"]["name"] == person["fullName"] == "张伟"
    assert [len(view[name]) for name in ("orders", "products", "accounts")] == [1, 1, 1]
    assert [each["id"] for each in found.json()] == [ZHANG]


async def test_a_grant_of_one_customer_opens_no_other(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    consume(
        sessions, SUBSCRIPTIONS, accepted(1), accepted(2, a_customer(id="li", account_id="a-2"))
    )
    await share(client, as_role("admin"))

    other = await client.get("/ops/v1/customers/li/view", headers=as_role("crm", OTHER))

    assert other.status_code == 404


async def test_a_granted_client_sees_both_its_own_data_and_the_owners(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    own = Customer(id=ZHANG, category="", email="own@example.cn")
    consume(sessions, SUBSCRIPTIONS, accepted(1), accepted(2, own, client=OTHER))
    await share(client, as_role("admin"))

    view = (await client.get(VIEW, headers=as_role("crm", OTHER))).json()
    owners = (await client.get(VIEW, headers=as_role("crm"))).json()

    assert view["profile"]["name"] == "张伟"
    assert len(view["orders"]) == 2
    assert (len(owners["orders"]), owners["profile"]["email"]) == (1, "zhang@example.cn")


async def test_all_customers_of_a_client_are_shared_by_a_second_person(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1))
    li, wang = as_role("supervisor", person="li-na"), as_role("supervisor", person="wang")
    stranger = as_role("crm", OTHER)

    requested = await client.post(GRANTS, json=ALL, headers=li)
    place = f"{requested.headers['location']}/approve"
    alone = await client.post(place, headers=li)
    unseen = await client.get(VIEW, headers=stranger)
    approved = await client.post(place, json={"reason": "seen"}, headers=wang)
    done = await client.post(GRANTS, json=ALL, headers=li)
    seen = await client.get(VIEW, headers=stranger)

    assert (requested.status_code, requested.json()["state"]) == (202, "waiting")
    assert (alone.status_code, alone.json()["code"]) == (403, "second-person-needed")
    assert (unseen.status_code, seen.status_code) == (404, 200)
    assert (approved.json()["state"], approved.json()["decided_by"]) == ("approved", "wang")
    assert done.status_code == 201


async def test_the_requester_follows_the_location_of_a_request_to_its_state(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1))
    li, wang = as_role("supervisor", person="li-na"), as_role("supervisor", person="wang")
    requested = await client.post(GRANTS, json=ALL, headers=li)
    place = requested.headers["location"]

    waiting = await client.get(place, headers=li)
    await client.post(f"{place}/approve", headers=wang)
    approved = await client.get(place, headers=li)

    assert (waiting.status_code, waiting.json()) == (200, requested.json())
    assert (approved.json()["state"], approved.json()["decided_by"]) == ("approved", "wang")


async def test_each_change_is_published_and_audited(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    supervisor = as_role("supervisor", "back-office", person="li-na")

    await share(client, supervisor, level="change")
    await client.post(f"{GRANTS}/revoke", json=ONE, headers=supervisor)

    changes = [each for each in published(sessions) if isinstance(each, AccessChanged)]
    assert [(each.owner_client, each.grantee, each.customer_id) for each in changes] == [
        (CLIENT, OTHER, ZHANG)
    ] * 2
    assert [each.level for each in changes] == ["change", ""]
    with sessions() as session:
        entries = [entry for _, entry in audit_log.read_entries(session, TENANT, after=0, limit=10)]
        assert session.scalars(select(GrantRow.level)).all() == [""]
    assert [(each.actor, each.client, each.action, each.reason) for each in entries] == [
        ("li-na", "back-office", "access.grant", "the shop was sold"),
        ("li-na", "back-office", "access.revoke", "the shop was sold"),
    ]
    assert {each.subject for each in entries} == {f"{CLIENT}/{ZHANG}/{OTHER}"}


async def test_grants_that_hold_are_listed(client: AsyncClient, as_role: AsRole) -> None:
    await share(client, as_role("admin"))
    await share(client, as_role("admin"), grantee="third")
    await client.post(f"{GRANTS}/revoke", json=ONE, headers=as_role("admin"))

    listed = await client.get(GRANTS, headers=as_role("auditor"))
    elsewhere = await client.get(GRANTS, headers=as_role("auditor", tenant="zhejiang"))

    assert [(each["grantee"], each["level"]) for each in listed.json()] == [("third", "see")]
    assert elsewhere.json() == []


@pytest.mark.parametrize("role", ["crm", "viewer", "operator", "ops", "auditor"])
async def test_only_permitted_roles_share_customers(
    client: AsyncClient, as_role: AsRole, role: str
) -> None:
    assert (await share(client, as_role(role))).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [{"grantee": CLIENT}, {"level": "own"}, {"reason": ""}, {"owner": ""}, {"more": "1"}],
)
async def test_a_grant_that_makes_no_sense_is_refused(
    client: AsyncClient, as_role: AsRole, wrong: dict[str, str]
) -> None:
    answer = await share(client, as_role("admin"), **wrong)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["remedy"]


@pytest.mark.parametrize(
    ("id_", "code"),
    [
        (" C-1 ", "id-edge-space"),
        ("a\u202eb", "id-unprintable"),
        ("e\u0301", "id-not-nfc"),
        ("..", "id-relative"),
        ("c" * 101, "string_too_long"),
    ],
)
async def test_a_grant_of_a_customer_with_an_impossible_id_is_refused(
    client: AsyncClient, as_role: AsRole, id_: str, code: str
) -> None:
    answer = await share(client, as_role("admin"), customerId=id_)

    (fault,) = answer.json()["errors"]
    assert (answer.status_code, fault["field"]) == (400, "/customerId")
    assert fault["code"].replace("-", "_") == code.replace("-", "_")


async def test_a_grant_from_before_ids_had_one_form_can_be_ended(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    old = ONE | {"customerId": " C-1 "}
    with sessions.begin() as session:
        grants.upsert_grant(session, Grant(TENANT, OTHER, CLIENT, " C-1 ", "see", NOON))

    answer = await client.post(f"{GRANTS}/revoke", json=old, headers=as_role("admin"))

    assert (answer.status_code, answer.json()["level"]) == (200, "")


async def test_a_supervisor_erases_a_customer_with_a_second_person(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1))
    place, reason = f"/ops/v1/customers/{ZHANG}/erase", {"reason": "request 2026-17"}
    li, wang = as_role("supervisor", person="li-na"), as_role("supervisor", person="wang")

    requested = await client.post(place, json=reason, headers=li)
    name = (await client.get(VIEW, headers=li)).json()["profile"]["name"]
    await client.post(f"{requested.headers['location']}/approve", headers=wang)
    done = await client.post(place, json=reason, headers=li)

    assert (requested.status_code, name, done.status_code) == (202, "张伟", 200)
    assert (await client.get(VIEW, headers=li)).json()["profile"]["name"] == ""


@pytest.mark.parametrize("is_revoked", [False, True])
async def test_after_a_restore_a_grant_holds_as_it_was_published(
    client: AsyncClient, sessions: Sessions, as_role: AsRole, *, is_revoked: bool
) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(1), completed(1))
    await share(client, as_role("admin"))
    if is_revoked:
        await client.post(f"{GRANTS}/revoke", json=ONE, headers=as_role("admin"))
    lost = [each for each in published(sessions) if isinstance(each, AccessChanged)]
    restore_grants(sessions, is_granted=is_revoked)

    consume(sessions, SERVICE.takeover.subscriptions, lost[-1])

    view = await client.get(VIEW, headers=as_role("crm", OTHER))
    assert view.status_code == (404 if is_revoked else 200)


def restore_grants(sessions: Sessions, *, is_granted: bool) -> None:
    """Restore the grants to their state before the last change."""
    with sessions.begin() as session:
        for row in session.scalars(select(GrantRow)).all():
            row.changed_at = row.changed_at.replace(year=2020)
            row.level = "see"
            if not is_granted:
                session.delete(row)
