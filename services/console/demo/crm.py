"""The CRM of the demonstration: it picks numbers, builds each order and posts it."""

from concurrent.futures import ThreadPoolExecutor

import msgspec

from services.console.client import ApiError, Client
from services.console.demo import bodies
from services.console.demo.bodies import Body, Number
from services.console.demo.ledger import Answer, Ledger
from services.console.demo.plan import Planned
from services.console.demo.stories import Product, Twist
from services.console.exits import CommandError
from services.console.orders import ORDERS

PRODUCTS = "/tmf-api/productInventory/v4/product"
NUMBERS = "/ops/v1/numbers"
GRADES = ("AAA", "AABB", "ABAB")
CHOICE = 20
"""So many numbers are looked at before one is picked."""

AT_ONCE = 8


def post_all(client: Client, ledger: Ledger) -> None:
    """Post everything that is planned, several at a time, in the plan's order.

    Raises:
        CommandError: if a service does not answer.
        OverError: if the demonstration is over before that.
    """
    turns = iter(ledger.posts)

    def post_one_after_the_other() -> None:
        for planned in turns:
            ledger.wait_for_turn(planned)
            answer = post(client, planned)
            ledger.note_answer(planned, answer)

    with ThreadPoolExecutor(AT_ONCE, "crm") as pool:
        for done in [pool.submit(ledger.guard, post_one_after_the_other) for _ in range(AT_ONCE)]:
            done.result()


def post(client: Client, planned: Planned) -> Answer:
    """Post one order."""
    answer = client.ask(
        "order",
        "POST",
        ORDERS,
        content=msgspec.json.encode(body_of(client, planned)),
        headers={"Content-Type": "application/json", "Idempotency-Key": planned.key},
    )
    return Answer(answer.status_code, answer.json(), answer.content)


def body_of(client: Client, planned: Planned) -> Body:
    """Return what is posted."""
    if planned.story.twist is Twist.DISCONNECT:
        return bodies.disconnect(planned, products_of(client, planned.customer_id))
    picked = pick(client, planned) if planned.story.product is Product.PICKED else None
    return bodies.new(planned, picked)


def products_of(client: Client, customer_id: str) -> list[str]:
    """Return what a customer has, by the installed base."""
    query = {"relatedParty.id": customer_id, "status": "active"}
    return [each["id"] for each in client.get("order", PRODUCTS, **query)]


def pick(client: Client, planned: Planned) -> Number:
    """Search for a vanity number of the address's exchange, and hold the first that can be held.

    Raises:
        CommandError: if there is none.
    """
    exchange = planned.address.exchange_id
    grades = GRADES[planned.number % len(GRADES) :] + GRADES
    for grade in grades:
        query = {"exchange": exchange, "grade": grade}
        for found in client.get("resources", NUMBERS, limit=CHOICE, **query):
            if hold(client, found["number"]):
                return Number(found["number"], grade)
    msg = f"{exchange} has no vanity number left"
    raise CommandError(msg)


def hold(client: Client, e164: str) -> bool:
    """Hold a number for some minutes; tell whether it could be had."""
    try:
        client.send("resources", "POST", f"{NUMBERS}/{e164}/hold")
    except ApiError as refusal:
        if refusal.status != 409:  # noqa: PLR2004  somebody was quicker
            raise
        return False
    return True
