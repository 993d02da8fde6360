"""The field crew of the demonstration: it accepts and reports work orders through the API."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from services.console.client import Client
from services.console.follow import WORK_ORDERS
from tools.demo.run_state import RunState

AT_ONCE = 4
PAGE_SIZE = 100
PAUSE_S = 0.05


def answer_work_orders(client: Client, run_state: RunState) -> None:
    """Accept and report all work orders, until every order has ended.

    Raises:
        CommandError: the service refuses, or does not answer.
        DemoStoppedError: the demonstration is stopped before that.
    """
    with ThreadPoolExecutor(AT_ONCE, "crew") as pool:
        while not run_state.is_done:
            found = client.get("provisioning", WORK_ORDERS, limit=PAGE_SIZE)
            for _ in pool.map(partial(complete_work_order, client), [each["id"] for each in found]):
                pass
            run_state.sleep_unless_stopped(0 if found else PAUSE_S)


def complete_work_order(client: Client, work_order: str) -> None:
    """Accept a work order, and report that it is done."""
    path = f"{WORK_ORDERS}/{work_order}"
    client.post("provisioning", f"{path}/accept", {})
    client.post("provisioning", f"{path}/report", {"remark": "done, light is there"})
