"""The bodies of the orders: the examples with other customers and addresses."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from functools import cache
from typing import Any, NamedTuple

from deploy.local.home import CHECKOUT
from services.console.orders import read_json_file
from tools.demo.customers import DemoCustomer
from tools.demo.demo_plan import PlannedPost
from tools.demo.scenarios import DemoProduct, Variation
from tools.province.model import Address

EXAMPLES = CHECKOUT / "examples"
INSTALLATION_ADDRESS = "installation address"
SPEEDS = (100, 300, 1000)
CHANNELS = ("internet", "business-hall", "call-centre", "account-manager", "agent")

Body = dict[str, Any]


class PickedNumber(NamedTuple):
    """A telephone number that was picked."""

    e164: str
    grade: str


@cache
def read_example(name: str) -> Body:
    """Return one of the examples."""
    found: Body = read_json_file(EXAMPLES / f"{name}.json")
    return found


def new_order_body(planned: PlannedPost, picked: PickedNumber | None) -> Body:
    """Return the body of an order for a new product."""
    body = fill_in_customer(planned, deepcopy(read_example(planned.scenario.example)))
    for item in all_items(body["productOrderItem"]):
        set_address(item, planned)
        if picked:
            set_characteristics(item, {"number": picked.e164, "numberGrade": picked.grade})
    if (
        planned.scenario.product is DemoProduct.FIBRE
        and planned.scenario.variation is not Variation.BAD_SPEED
    ):
        set_speed(body["productOrderItem"][0], planned)
    return body


def change_order_body(planned: PlannedPost, products: Sequence[str]) -> Body:
    """Return the body of an order that changes or ends products."""
    body = fill_in_customer(planned, deepcopy(read_example(planned.scenario.example)))
    item = body["productOrderItem"][0]
    if "billingAccount" in body:
        body["billingAccount"] = {"id": f"A{planned.customer_id.removeprefix('C')}"}
    if nested := item.get("productOrderItem"):
        join_bundle(nested, planned, products[0])
        return body
    if planned.new_address:
        set_place(item, planned.new_address)
    if planned.scenario.product is DemoProduct.FIBRE and "productOffering" in item:
        item["productOffering"] = {"id": f"ftth-{other_speed(planned)}"}
    body["productOrderItem"] = [
        item | {"id": str(number), "product": item["product"] | {"id": product}}
        for number, product in enumerate(products, start=1)
    ]
    if planned.scenario.variation is Variation.TRANSFER:
        previous = {"id": planned.original.customer_id, "role": "previous owner"}
        body["relatedParty"].append(previous)
    return body


def join_bundle(nested: Sequence[Body], planned: PlannedPost, product: str) -> None:
    """Set the product that joins a bundle, and the address of the new one beside it."""
    joining, new = nested
    joining["product"] = {"id": product}
    set_address(new, planned)


def other_speed(planned: PlannedPost) -> int:
    """Return another speed than that with which the line was ordered."""
    return SPEEDS[(planned.original.number + 1) % len(SPEEDS)]


def fill_in_customer(planned: PlannedPost, body: Body) -> Body:
    """Set externalId, channel and customer, identified as in the example; return the order."""
    original = planned.original
    district = original.address.id.split("-")[1]
    number = planned.number if planned.customer_id != original.customer_id else original.number
    customer = DemoCustomer.of(planned.customer_id, number, district)
    body["externalId"] = planned.external_id
    is_identified = "realNameCheck" in body["relatedParty"][0]
    party = customer.as_identified_party() if is_identified else customer.as_related_party()
    body["relatedParty"] = [party]
    body["channel"] = [{"id": CHANNELS[original.number % len(CHANNELS)]}]
    return body


def all_items(items: Iterable[Body]) -> Iterator[Body]:
    """Yield items, and those nested in them."""
    for item in items:
        yield item
        yield from all_items(item.get("productOrderItem", ()))


def set_address(item: Body, planned: PlannedPost) -> None:
    """Set the planned address in an item that has an installation address."""
    set_place(item, planned.address)


def set_place(item: Body, address: Address) -> None:
    """Set an installation address; of one that names a local network alone, the network."""
    for place in item.get("product", {}).get("place", ()):
        if place["role"] == INSTALLATION_ADDRESS:
            if "id" in place:
                place["id"] = address.id
            place["localNetwork"] = address.local_network


def set_characteristics(item: Body, values: Mapping[str, Any]) -> None:
    """Set the values of the item's characteristics that are in `values`."""
    for each in item.get("product", {}).get("productCharacteristic", ()):
        each["value"] = values.get(each["name"], each["value"])


def set_speed(item: Body, planned: PlannedPost) -> None:
    """Set one of the speeds; a different one if the scenario contradicts an earlier post."""
    is_other = planned.scenario.variation in {
        Variation.OTHER_UNDER_KEY,
        Variation.OTHER_UNDER_EXTERNAL_ID,
    }
    speed = SPEEDS[(planned.original.number + is_other) % len(SPEEDS)]
    item["productOffering"]["id"] = f"ftth-{speed}"
    set_characteristics(item, {"speedMbps": speed})
