"""Identities are blocked and blocks lifted by people; orders are refused meanwhile."""

from typing import Any

import pytest
from httpx import AsyncClient

from services.order.tables import IdentityBlockRow
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.erasure import columns_with
from tests.kernel import count_of
from tests.order.builders import DOCUMENT_NUMBERS, Json, a_body, identified
from tests.order.test_api_idempotency import post
from tests.order.test_identity_holdings import a_plan_order, codes_of

PATH = "/ops/v1/blocked-identities"
NUMBER = DOCUMENT_NUMBERS[0]


def a_block(number: str = NUMBER, **differences: Any) -> Json:
    usual = {"documentType": "身份证", "documentNumber": number, "reason": "debt of account A-7"}
    return usual | differences


async def test_orders_of_a_blocked_identity_are_refused_until_the_block_is_lifted(
    client: AsyncClient, as_role: AsRole
) -> None:
    staff = as_role("supervisor", person="li-na")
    answer = await client.put(PATH, json=a_block(), headers=staff)
    assert answer.status_code == 200, answer.text
    blocked = answer.json()
    assert (blocked["documentType"], blocked["blockedBy"]) == ("residentIdentityCard", "li-na")

    refused = await post(client, as_role("crm"), a_plan_order())
    fibre = await post(client, as_role("crm"), identified(a_body(party="C-7")))
    another = await post(client, as_role("crm"), a_plan_order(2, DOCUMENT_NUMBERS[1]))
    assert (codes_of(refused), codes_of(fibre)) == ({"identity-blocked"}, {"identity-blocked"})
    assert another.status_code == 201

    lifted = await client.delete(f"{PATH}/{blocked['id']}", headers=staff)
    assert lifted.status_code == 204
    assert (await post(client, as_role("crm"), a_plan_order())).status_code == 201
    assert (await client.delete(f"{PATH}/{blocked['id']}", headers=staff)).status_code == 404


async def test_an_identity_has_one_block_which_a_further_request_changes(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    staff = as_role("supervisor")
    first = (await client.put(PATH, json=a_block(), headers=staff)).json()
    until = "2099-01-31T12:00:00Z"
    spaced = a_block(f"{NUMBER[:6]} {NUMBER[6:]}", reason="fraud", until=until)
    second = (await client.put(PATH, json=spaced, headers=staff)).json()

    listed = (await client.get(PATH, headers=as_role("auditor"))).json()
    assert listed == [second]
    assert (second["id"], second["reason"], second["until"]) == (first["id"], "fraud", until)
    assert count_of(stocked, IdentityBlockRow) == 1


async def test_blocks_are_listed_in_pages(client: AsyncClient, as_role: AsRole) -> None:
    staff = as_role("supervisor")
    for number in DOCUMENT_NUMBERS:
        await client.put(PATH, json=a_block(number), headers=staff)

    first = await client.get(PATH, params={"limit": 2}, headers=staff)
    rest = await client.get(first.links["next"]["url"], headers=staff)

    assert (first.status_code, rest.status_code) == (206, 200)
    ids = [each["id"] for each in (*first.json(), *rest.json())]
    assert len(set(ids)) == len(DOCUMENT_NUMBERS)


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ({"documentType": "club card"}, "identity-document-unknown"),
        ({"documentNumber": f"{NUMBER[:-1]}9"}, "identity-number-false"),
        ({"documentType": "passport", "documentNumber": "-"}, "identity-number-false"),
        ({"until": "2020-01-31T12:00:00Z"}, "until-before-since"),
    ],
)
async def test_a_block_with_a_fault_is_refused(
    client: AsyncClient, stocked: Sessions, as_role: AsRole, part: Json, code: str
) -> None:
    answer = await client.put(PATH, json=a_block(**part), headers=as_role("supervisor"))

    assert (answer.status_code, codes_of(answer)) == (400, {code})
    assert count_of(stocked, IdentityBlockRow) == 0


async def test_all_faults_of_a_block_are_named_at_once(
    client: AsyncClient, as_role: AsRole
) -> None:
    faulty = a_block(f"{NUMBER[:-1]}9", until="2020-01-31T12:00:00Z")

    answer = await client.put(PATH, json=faulty, headers=as_role("supervisor"))

    assert codes_of(answer) == {"identity-number-false", "until-before-since"}


async def test_a_block_is_audited_and_no_column_has_the_number(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    staff = as_role("supervisor", person="li-na")
    blocked = (await client.put(PATH, json=a_block(), headers=staff)).json()
    await client.delete(f"{PATH}/{blocked['id']}", headers=staff)

    audit = (await client.get("/ops/v1/audit", headers=as_role("auditor"))).json()
    entries = {(each["action"], each["subject"], each["actor"]) for each in audit}
    assert entries == {
        ("identity.block", blocked["id"], "li-na"),
        ("identity.lift-block", blocked["id"], "li-na"),
    }
    with stocked() as session:
        assert columns_with(session.connection(), NUMBER) == set()
