"""Follow all orders until they have ended."""

from collections.abc import Iterator

from services.console.client import Client
from services.console.orders import FINAL_STATES, ORDERS
from tools.demo.run_state import RunState

OPEN_STATES = ("acknowledged", "inProgress", "held")
PAGE = 100
PAUSE_S = 0.1


def follow_orders(client: Client, run_state: RunState) -> None:
    """Record how each order ends, until all have ended.

    Raises:
        CommandError: the service does not answer.
        DemoStoppedError: the demonstration is stopped before that.
    """
    while not run_state.is_done:
        waiting = run_state.open_order_ids
        still_open = {order for state in OPEN_STATES for order in order_ids_in_state(client, state)}
        for order_id in sorted(waiting - still_open):
            order = client.get("order", f"{ORDERS}/{order_id}")
            if order["state"] in FINAL_STATES:
                run_state.note_end(order)
        run_state.sleep_unless_stopped(PAUSE_S)


def order_ids_in_state(client: Client, state: str) -> Iterator[str]:
    """Yield the ids of the orders in a state."""
    for order in client.get_all("order", ORDERS, state=state, fields="id", limit=PAGE):
        yield order["id"]
