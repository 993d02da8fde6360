"""Following orders to their ends."""

from collections.abc import Iterator

from services.console.client import Client
from services.console.demo.ledger import Ledger
from services.console.orders import ENDED, ORDERS

OPEN = ("acknowledged", "inProgress", "held")
PAGE = 100
PAUSE_S = 0.1


def follow(client: Client, ledger: Ledger) -> None:
    """Note how each order ends, until all have.

    Raises:
        CommandError: if the service does not answer.
        OverError: if the demonstration is over before that.
    """
    while not ledger.is_done:
        waiting = ledger.open
        still_open = {order for state in OPEN for order in in_state(client, state)}
        for order_id in sorted(waiting - still_open):
            order = client.get("order", f"{ORDERS}/{order_id}")
            if order["state"] in ENDED:
                ledger.note_end(order)
        ledger.pause(PAUSE_S)


def in_state(client: Client, state: str) -> Iterator[str]:
    """Yield the ids of the orders that are in a state now."""
    for order in client.walk("order", ORDERS, state=state, fields="id", limit=PAGE):
        yield order["id"]
