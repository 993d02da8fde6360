"""The CRM of the demonstration: it picks numbers, builds the orders and posts them."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from services.console.client import ApiError, Client
from services.console.errors import CommandError
from services.console.orders import ORDERS
from tools.demo import order_bodies
from tools.demo.demo_plan import PlannedPost
from tools.demo.order_bodies import Body, PickedNumber
from tools.demo.run_state import OrderResponse, RunState
from tools.demo.scenarios import OF_ALL_PRODUCTS, DemoProduct

PRODUCTS = "/tmf-api/productInventory/v4/product"
NUMBERS = "/ops/v1/numbers"
GRADES = ("AAA", "AABB", "ABAB")
NUMBERS_OFFERED = 20
"""The number of candidates that are queried to pick one."""

AT_ONCE = 8


def post_all(client: Client, run_state: RunState) -> None:
    """Post all planned orders, several at a time, in the plan's order.

    Raises:
        CommandError: a service does not answer.
        DemoStoppedError: the demonstration is stopped before that.
    """
    posts = iter(run_state.posts)

    def post_in_turn() -> None:
        for planned in posts:
            run_state.wait_for_turn(planned)
            response = post_order(client, planned)
            run_state.note_answer(planned, response)

    with ThreadPoolExecutor(AT_ONCE, "crm") as pool:
        for future in [pool.submit(run_state.run_guarded, post_in_turn) for _ in range(AT_ONCE)]:
            future.result()


def post_order(client: Client, planned: PlannedPost) -> OrderResponse:
    """Post one order."""
    response = client.request(
        "order",
        "POST",
        ORDERS,
        content=msgspec.json.encode(prepare_order_body(client, planned)),
        headers={"Content-Type": "application/json", "Idempotency-Key": planned.key},
    )
    return OrderResponse(response.status_code, response.json(), response.content)


def prepare_order_body(client: Client, planned: PlannedPost) -> Body:
    """Return the body of a planned post; hold the number that it picks."""
    if planned.scenario.changes_products:
        return order_bodies.change_order_body(planned, products_of(client, planned))
    picked = (
        pick_number(client, planned) if planned.scenario.product is DemoProduct.PICKED else None
    )
    return order_bodies.new_order_body(planned, picked)


def products_of(client: Client, planned: PlannedPost) -> list[str]:
    """Return the ids of the products that a post changes or ends."""
    query = {"relatedParty.id": planned.original.customer_id}
    found = [each for each in client.get("order", PRODUCTS, **query) if is_held(each)]
    if planned.scenario.variation in OF_ALL_PRODUCTS:
        return [each["id"] for each in found]
    line = planned.scenario.line
    return [each["id"] for each in found if each["productSpecification"]["id"] == line]


def is_held(product: Mapping[str, Any]) -> bool:
    """Tell whether the customer has a product still."""
    return product["status"] in {"active", "suspended"}


def pick_number(client: Client, planned: PlannedPost) -> PickedNumber:
    """Search for vanity numbers of the address's exchange, and hold the first available one.

    Raises:
        CommandError: none is available.
    """
    exchange = planned.address.exchange_id
    grades = GRADES[planned.number % len(GRADES) :] + GRADES
    for grade in grades:
        query = {"exchange": exchange, "grade": grade}
        for found in client.get("resources", NUMBERS, limit=NUMBERS_OFFERED, **query):
            if hold_number(client, found["number"]):
                return PickedNumber(found["number"], grade)
    msg = f"{exchange} has no vanity number left"
    raise CommandError(msg)


def hold_number(client: Client, e164: str) -> bool:
    """Hold a number for some minutes; return whether it was available."""
    try:
        client.send("resources", "POST", f"{NUMBERS}/{e164}/hold")
    except ApiError as refusal:
        if refusal.status != 409:  # noqa: PLR2004  another client holds it
            raise
        return False
    return True
