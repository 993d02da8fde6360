"""The reservation of an order that was never placed is released, on the whole system."""

from contextlib import closing
from datetime import UTC, datetime
from uuid import UUID, uuid4, uuid5

from kafka import KafkaProducer

from shared.contracts import AssignmentRequested, Causation, HoldAction, ItemNeeds, Need, encode
from shared.contracts.base import Envelope
from shared.security.development_keys import TENANT
from tests.flows.order_items import fibre
from tests.flows.site import JSON, Site

RESERVATIONS = "/ops/v1/reservations"
KINDS = ("leg", "vlan", "loid")


def publish_forged_request(site: Site, order_id: UUID, address: str) -> None:
    """Publish an assignment request for an order that was never placed."""
    item = ItemNeeds(
        item_id="1",
        service_id=uuid5(order_id, "service/1"),
        action=HoldAction.RESERVE,
        address_id=address,
        needs=tuple(Need(kind=each) for each in KINDS),
    )
    request = AssignmentRequested(order_id=order_id, client="crm", items=(item,))
    cause = Causation(uuid4(), order_id, TENANT)
    envelope = Envelope.wrap(request, cause, 0, 1, datetime.now(UTC))
    headers = [("id", envelope.id.bytes), ("type", envelope.type.encode())]
    with closing(KafkaProducer(bootstrap_servers=site.record.kafka)) as producer:
        producer.send(request.topic, encode(envelope), order_id.bytes, headers=headers).get(10)


def release(site: Site, order_id: str) -> JSON:
    """Request the release of an order's reservation, if no plan needs it."""
    path = f"{RESERVATIONS}/{order_id}/release"
    return site.client("ops").post("resources", path, {"reason": "never placed"})


def test_the_reservation_of_an_order_that_was_never_placed_is_released(site: Site) -> None:
    place, order_id = site.exchange_area(), uuid4()
    publish_forged_request(site, order_id, place.served)
    site.held(str(order_id), **dict.fromkeys(KINDS, "reserved"))

    assert release(site, str(order_id))["is_needed"] is None

    site.until(lambda: site.holdings(str(order_id)) == {})


def test_a_reservation_that_a_plan_needs_is_not_released(site: Site) -> None:
    order_id = site.accepted(site.order(fibre(site.exchange_area().served)))
    site.held(order_id, **dict.fromkeys(KINDS, "reserved"))

    release(site, order_id)

    def answer() -> JSON:
        path = f"{RESERVATIONS}/{order_id}"
        found = site.client("viewer").get("resources", path)
        return found if found.get("answered_at") else None

    reservation = site.until(answer)
    assert (reservation["is_needed"], reservation["plan"], reservation["release_by"]) == (
        True,
        "running",
        "",
    )
    assert site.fulfil(order_id)["state"] == "completed"
