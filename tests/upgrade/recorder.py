"""A running system of any version, by its URLs, tokens and processes."""

import contextlib
import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.upgrade.order_items import PAIRS, address, exchange, segment, splitter

JSON = Any
ORDERS = "/tmf-api/productOrderingManagement/v4/productOrder"
TIMEOUT_S = 60.0
EXCHANGES = ("A", "B", "C", "D", "F")
"""Each has an OLT of its own, to put in maintenance."""


class Recorder:
    """The running system, and what is done with it."""

    def __init__(self, checkout: Path) -> None:
        self.home = checkout / ".kaitong"
        self.stack = json.loads((self.home / "run" / "stack.json").read_text())
        self.http = httpx.Client(timeout=30)
        self.notes: dict[str, str] = {}
        """What each order waits for, by its external id."""

    def ask(self, role: str, service: str, method: str, path: str, body: JSON = None) -> JSON:
        """Send a request that must succeed; return the answer."""
        token = (self.home / "keys" / "tokens" / f"{role}.jwt").read_text().strip()
        answer = self.http.request(
            method,
            self.stack["urls"][service] + path,
            json=body,
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def element(self, name: str, *faults: JSON) -> None:
        """Set the faults of an element."""
        url = f"{self.stack['urls']['elements']}/elements/{name}/faults"
        self.http.put(url, json={"faults": list(faults)}).raise_for_status()

    def maintain(self, element: str) -> None:
        """Put an element in maintenance: calls to it wait, once all processes know it."""
        path = f"/ops/v1/elements/{element}/maintenance"
        self.ask("ops", "provisioning", "PUT", path, {"reason": "recording"})
        time.sleep(2)

    def build_plant(self) -> None:
        """Import an exchange with OLT, splitter, address, numbers and pairs for each letter."""
        imports: dict[str, list[JSON]] = {
            "exchanges": [exchange(each) for each in EXCHANGES],
            "splitters": [splitter(each) for each in EXCHANGES],
            "addresses": [address(each) for each in EXCHANGES],
            "segments": [segment(n, each) for n, each in enumerate(EXCHANGES)],
            "pairs": [{"exchange_id": each, "first": 1, "count": PAIRS} for each in EXCHANGES],
        }
        for kind, rows in imports.items():
            self.ask("ops", "resources", "POST", f"/ops/v1/import/{kind}", rows)

    def order(self, name: str, item: JSON, *, waits: str, customer: str = "") -> str:
        """Post an order, and note what it will wait for; return its id."""
        party = {"id": f"C-{customer or name}", "role": "customer", "name": "测试客户"}
        medium = {"mediumType": "phone", "characteristic": {"phoneNumber": "13800000000"}}
        body = {
            "externalId": name,
            "relatedParty": [party | {"contactMedium": [medium]}],
            "productOrderItem": [item],
        }
        self.notes[name] = waits
        return str(self.ask("crm", "order", "POST", ORDERS, body)["id"])

    def state(self, order_id: str) -> str:
        """Return the state of an order."""
        return str(self.ask("viewer", "order", "GET", f"{ORDERS}/{order_id}")["state"])

    def steps(self, order_id: str) -> dict[str, str]:
        """Return the states of a plan's steps by name, without the item."""
        with contextlib.suppress(AssertionError):
            plan = self.ask("viewer", "provisioning", "GET", f"/ops/v1/plans/{order_id}")
            return {each["step"].rpartition("/")[2]: each["state"] for each in plan["steps"]}
        return {}

    def until(self, holds: Callable[[], object], what: str) -> None:
        """Wait until a condition holds."""
        deadline = time.monotonic() + TIMEOUT_S
        while not holds():
            assert time.monotonic() < deadline, f"not in {TIMEOUT_S:.0f} s: {what}"
            time.sleep(0.05)

    def until_steps(self, order_id: str, **states: str) -> None:
        """Wait until the steps of a plan have these states."""

        def holds() -> bool:
            found = self.steps(order_id)
            return all(found.get(name) == state for name, state in states.items())

        self.until(holds, f"{states}, but {self.steps(order_id)}")

    def work_orders(self, order_id: str) -> list[JSON]:
        """Return the open work orders of an order."""
        path = f"/ops/v1/work-orders?order_id={order_id}"
        return list(self.ask("ops", "provisioning", "GET", path))

    def answer(self, order_id: str, verb: str, body: JSON = None) -> None:
        """Answer the open work order of an order, once there is one."""
        self.until(lambda: self.work_orders(order_id), "a work order")
        for each in self.work_orders(order_id):
            path = f"/ops/v1/work-orders/{each['id']}/{verb}"
            self.ask("ops", "provisioning", "POST", path, body or {})

    def completed(self, name: str, item: JSON) -> str:
        """Post an order and carry it out; return the id of its product."""
        order_id = self.order(name, item, waits="completed")

        def has_ended() -> bool:
            for each in self.work_orders(order_id):
                path = f"/ops/v1/work-orders/{each['id']}/report"
                self.ask("ops", "provisioning", "POST", path, {})
            return self.state(order_id) == "completed"

        self.until(has_ended, f"{name} completes")
        found = self.ask("viewer", "order", "GET", f"{ORDERS}/{order_id}")
        return str(found["productOrderItem"][0]["product"]["id"])

    def suspend(self, *services: str) -> None:
        """Suspend services."""
        for line in self.stack["lines"]:
            if line["name"] in services:
                psutil.Process(line["life"]["pid"]).send_signal(signal.SIGSTOP)
        time.sleep(0.5)
