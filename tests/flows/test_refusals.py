"""Orders that are refused, rejected or failed, each with its reason."""

from uuid import uuid4

from tests.flows.order_items import fibre, telephone
from tests.flows.site import JSON, Site


def test_every_fault_of_an_order_is_named_with_field_and_remedy(site: Site) -> None:
    order = site.order(fibre("addr-anywhere", speed=300), {"id": "1", "action": "paint"})
    order["productOrderItem"][0]["product"]["productCharacteristic"][0]["value"] = 250
    order["relatedParty"] = []

    answer = site.post(order)

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    faults = {each["field"]: each["remedy"] for each in answer.json()["errors"]}
    assert set(faults) == {
        "/relatedParty",
        "/productOrderItem/0/product/productCharacteristic/0/value",
        "/productOrderItem/1/action",
        "/productOrderItem/1/id",
    }
    assert all(faults.values())


def test_an_address_without_fibre_is_rejected_before_any_work(site: Site) -> None:
    place = site.exchange_area()

    order_id = site.accepted(site.order(fibre(place.unserved)))

    ended = site.until_state(order_id, "rejected")
    (error,) = ended["productOrderErrorMessage"]
    assert error["code"] == "unserved"
    assert place.unserved in error["reason"]
    assert site.holdings(order_id) == {}


def test_without_a_free_port_the_order_fails_and_holds_nothing(site: Site) -> None:
    place = site.exchange_area(legs=1)
    site.completed(site.order(fibre(place.served)))

    order_id = site.accepted(site.order(fibre(place.served), telephone(place.served, id_="2")))

    ended = site.until_state(order_id, "failed")
    (error,) = ended["productOrderErrorMessage"]
    assert (error["code"], error["reason"]) == (
        "none-free",
        f"no leg of {place.exchange}-SP1 is free",
    )
    assert site.holdings(order_id) == {}


def order_and_key(site: Site) -> tuple[JSON, str]:
    """Return an order and an unused idempotency key."""
    return site.order(fibre(site.exchange_area().served)), f"key-{uuid4()}"


def test_the_same_key_and_body_get_the_first_answer_again_byte_for_byte(site: Site) -> None:
    order, key = order_and_key(site)
    first = site.post(order, key=key)
    site.fulfil(first.json()["id"])

    again = site.post(order, key=key)

    assert again.status_code == 201
    assert again.content == first.content
    assert again.headers["location"] == first.headers["location"]


def test_the_same_external_id_and_body_get_the_first_answer_again(site: Site) -> None:
    order, key = order_and_key(site)
    first = site.post(order, key=key)

    again = site.post(order)

    assert (again.status_code, again.content) == (201, first.content)
    site.fulfil(first.json()["id"])


def test_another_body_under_a_known_external_id_conflicts(site: Site) -> None:
    order, _ = order_and_key(site)
    first = site.post(order)

    answer = site.post(order | {"priority": "1"})

    assert (answer.status_code, answer.json()["code"]) == (409, "external-id-taken")
    site.fulfil(first.json()["id"])


def test_another_body_under_a_known_key_is_refused(site: Site) -> None:
    order, key = order_and_key(site)
    first = site.post(order, key=key)

    answer = site.post(order | {"externalId": f"T-{uuid4()}"}, key=key)

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
    site.fulfil(first.json()["id"])


def test_two_clients_may_use_the_same_names(site: Site) -> None:
    order, key = order_and_key(site)
    first = site.post(order, key=key)

    other = site.post(order, key=key, client=site.client("crm", name="another-shop"))

    assert other.status_code == 201
    assert other.json()["id"] != first.json()["id"]
    for answer in (first, other):
        assert site.fulfil(answer.json()["id"])["state"] == "completed"
