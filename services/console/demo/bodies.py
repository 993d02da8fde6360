"""The bodies of the orders: the examples, about another customer at another address."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from functools import cache
from typing import Any, NamedTuple

from deploy.local.home import CHECKOUT
from services.console.demo.customers import Customer
from services.console.demo.plan import Planned
from services.console.demo.stories import Product, Twist
from services.console.orders import read

EXAMPLES = CHECKOUT / "examples"
ADDRESS = "installation address"
SPEEDS = (100, 300, 1000)
CHANNELS = ("internet", "business-hall", "call-centre", "account-manager", "agent")

Body = dict[str, Any]


class Number(NamedTuple):
    """A telephone number that was picked."""

    e164: str
    grade: str


@cache
def example(name: str) -> Body:
    """Return one of the examples."""
    found: Body = read(EXAMPLES / f"{name}.json")
    return found


def new(planned: Planned, picked: Number | None) -> Body:
    """Return the order of something new."""
    body = about(planned, deepcopy(example(planned.story.example)))
    for item in every(body["productOrderItem"]):
        settle(item, planned)
        if picked:
            describe(item, {"number": picked.e164, "numberGrade": picked.grade})
    if planned.story.product is Product.FIBRE and planned.story.twist is not Twist.BAD_SPEED:
        choose_speed(body["productOrderItem"][0], planned)
    return body


def disconnect(planned: Planned, products: Sequence[str]) -> Body:
    """Return the order that gives products up."""
    body = about(planned, deepcopy(example(planned.story.example)))
    (item,) = body["productOrderItem"]
    body["productOrderItem"] = [
        item | {"id": str(place), "product": {"id": product}}
        for place, product in enumerate(products, start=1)
    ]
    return body


def about(planned: Planned, body: Body) -> Body:
    """Return an order with its own names, customer and channel."""
    root = planned.root
    district = root.address.id.split("-")[1]
    customer = Customer.of(planned.customer_id, root.number, district)
    body["externalId"] = planned.external_id
    body["relatedParty"] = [customer.shown()]
    body["channel"] = [{"id": CHANNELS[root.number % len(CHANNELS)]}]
    return body


def every(items: Iterable[Body]) -> Iterator[Body]:
    """Yield items, and those nested in them."""
    for item in items:
        yield item
        yield from every(item.get("productOrderItem", ()))


def settle(item: Body, planned: Planned) -> None:
    """Have an item installed at the planned address, where it says where at all."""
    for place in item.get("product", {}).get("place", ()):
        if place["role"] == ADDRESS:
            place["id"] = planned.address.id
            place["localNetwork"] = planned.address.local_network


def describe(item: Body, values: Mapping[str, Any]) -> None:
    """Give the characteristics that an item names other values."""
    for each in item.get("product", {}).get("productCharacteristic", ()):
        each["value"] = values.get(each["name"], each["value"])


def choose_speed(item: Body, planned: Planned) -> None:
    """Order one of the speeds; another than before, where planned."""
    is_other = planned.story.twist in {Twist.OTHER_UNDER_KEY, Twist.OTHER_UNDER_EXTERNAL_ID}
    speed = SPEEDS[(planned.root.number + is_other) % len(SPEEDS)]
    item["productOffering"]["id"] = f"ftth-{speed}"
    describe(item, {"speedMbps": speed})
