"""The free texts of an order: stored, shown to permitted readers, blanked by an erasure."""

from httpx import AsyncClient
from msgspec.structs import replace

from shared.contracts import OrderAccepted
from shared.contracts.base import encode
from shared.contracts.personal import with_personal_data_blanked
from shared.http.collection_paths import ORDERS_PATH
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.kernel import published
from tests.order.builders import Json, a_body
from tests.order.test_erasure import erase

WORDS: Json = {"description": "Third floor", "note": [{"text": "Ring twice"}, {"text": "A dog"}]}


async def test_description_and_notes_are_kept_and_shown_wherever_the_order_is(
    client: AsyncClient, as_role: AsRole
) -> None:
    body = a_body(externalId="CRM-1", **WORDS)

    first = await client.post(ORDERS_PATH, json=body, headers=as_role("crm"))
    again = await client.post(ORDERS_PATH, json=body, headers=as_role("crm"))
    read = await client.get(first.headers["location"], headers=as_role("crm"))
    (listed,) = (await client.get(ORDERS_PATH, headers=as_role("crm"))).json()

    for shown in (first.json(), again.json(), read.json(), listed):
        assert {name: shown[name] for name in WORDS} == WORDS


async def test_only_the_record_for_the_order_service_itself_has_them(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    await client.post(ORDERS_PATH, json=a_body(**WORDS), headers=as_role("crm"))

    (message,) = published(stocked)
    assert isinstance(message, OrderAccepted)
    for_all = encode(replace(message, record=None))
    assert not any(each in for_all for each in (b"Third floor", b"Ring twice", b"A dog"))
    assert message.record
    assert (
        with_personal_data_blanked(message.record).description
        == with_personal_data_blanked(message.record).notes[0].text
        == ""
    )


async def test_an_erasure_removes_the_description_and_blanks_the_notes(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    body = a_body(externalId="CRM-1", **WORDS)
    first = await client.post(ORDERS_PATH, json=body, headers=as_role("crm"))

    erase(stocked)

    again = await client.post(ORDERS_PATH, json=body, headers=as_role("crm"))
    read = await client.get(first.headers["location"], headers=as_role("crm"))
    for shown in (again.json(), read.json()):
        assert "description" not in shown
        assert shown["note"] == [{"text": ""}, {"text": ""}]
