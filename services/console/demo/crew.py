"""The field force of the demonstration: it answers work orders through the API."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from services.console.client import Client
from services.console.demo.ledger import Ledger

WORK_ORDERS = "/ops/v1/work-orders"
AT_ONCE = 4
MOST = 100
PAUSE_S = 0.05


def work(client: Client, ledger: Ledger) -> None:
    """Accept and report all work orders, until every order has ended.

    Raises:
        CommandError: if the service refuses, or does not answer.
        OverError: if the demonstration is over before that.
    """
    with ThreadPoolExecutor(AT_ONCE, "crew") as pool:
        while not ledger.is_done:
            found = client.get("provisioning", WORK_ORDERS, limit=MOST)
            for _ in pool.map(partial(answer, client), [each["id"] for each in found]):
                pass
            ledger.pause(0 if found else PAUSE_S)


def answer(client: Client, work_order: str) -> None:
    """Accept a work order, and report that it is done."""
    path = f"{WORK_ORDERS}/{work_order}"
    client.post("provisioning", f"{path}/accept", {})
    client.post("provisioning", f"{path}/report", {"remark": "done, light is there"})
