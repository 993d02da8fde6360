"""A running system with helpers for tests: plant, orders, work orders, faults."""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from deploy.local.stack import Stack
from deploy.local.stack_record import SERVICES, StackRecord
from services.console.client import Client, ensure_keys_folder, ssl_context, token_for
from services.console.errors import CommandError
from services.console.orders import FINAL_STATES, ORDERS
from shared.backoff import Backoff
from shared.security.development_keys import TENANT
from tests.flows.exchange_area import ExchangeArea
from tools.province.model import Address, Exchange, PairBlock, Segment, Splitter

PRODUCTS = "/tmf-api/productInventory/v4/product"
INVENTORY = "/tmf-api/serviceInventory/v4/service"
WORK_ORDERS = "/ops/v1/work-orders"
TIMEOUT_S = 60.0
FIRST_PAUSE, LONGEST_PAUSE = timedelta(milliseconds=30), timedelta(milliseconds=200)
"""Between two checks of a condition; each check costs the services time."""

NETWORK = "025"
JSON = Any


@dataclass
class Site:
    """A running system."""

    stack: Stack
    _exchanges: Iterator[int] = field(default_factory=lambda: count(1))
    _names: Iterator[int] = field(default_factory=lambda: count(1))
    _clients: dict[tuple[str, str, str], Client] = field(default_factory=dict)

    @property
    def record(self) -> StackRecord:
        """The current record of the stack."""
        return self.stack.latest_record()

    @property
    def home(self) -> Path:
        """The home folder of the stack."""
        return self.stack.home

    def client(self, role: str, *, tenant: str = TENANT, name: str = "") -> Client:
        """Return a client with a role."""
        key = (role, tenant, name)
        if key not in self._clients:
            token = token_for(role, at=self.home, tenant=tenant, client=name)
            self._clients[key] = Client(self.record.urls, token)
        return self._clients[key]

    @cached_property
    def http(self) -> httpx.Client:
        """Connections without a token."""
        return httpx.Client(timeout=TIMEOUT_S, verify=ssl_context())

    def close(self) -> None:
        """Close all connections."""
        self.http.close()
        for client in self._clients.values():
            client.http.close()

    def exchange_area(
        self,
        *,
        legs: int = 8,
        numbers: int = 100,
        pairs: int = 20,
        tenant: str = TENANT,
        network: str = NETWORK,
    ) -> ExchangeArea:
        """Create an exchange with its plant."""
        number = next(self._exchanges)
        exchange, olt, splitter = f"T{number}", f"T{number}-OLT01", f"T{number}-SP1"
        first = int(f"{network[1:]}80000000") + 1000 * number
        served, unserved = f"addr-t{number}-1", f"addr-t{number}-2"
        rows: dict[str, Sequence[Any]] = {
            "exchanges": [Exchange(exchange, exchange, network, "南京市", "玄武区")],
            "splitters": [Splitter(splitter, exchange, olt, "0/1/1", legs, 100 + number, 101)],
            "addresses": [
                Address(served, f"南京市试验路{number}号", exchange, network, splitter),
                Address(unserved, f"南京市远处路{number}号", exchange, network, None),
            ],
            "segments": [Segment(f"seg-t{number}", exchange, network, f"+86{first}", numbers)],
            "pairs": [PairBlock(exchange, 1, pairs)],
        }
        ops = self.client("ops", tenant=tenant)
        for kind, several in rows.items():
            ops.post("resources", f"/ops/v1/import/{kind}", [asdict(row) for row in several])
        return ExchangeArea(exchange, olt, served, unserved, range(first, first + numbers))

    def order(self, *items: JSON, customer: str = "", external_id: str = "") -> JSON:
        """Return an order of these items, by a new customer unless one is named."""
        number = next(self._names)
        return {
            "externalId": external_id or f"T-{number}",
            "relatedParty": [
                {
                    "id": customer or f"C-{number}",
                    "role": "customer",
                    "name": "试验人",
                    "contactMedium": [
                        {
                            "mediumType": "phone",
                            "characteristic": {"phoneNumber": f"138{number:08}"},
                        }
                    ],
                }
            ],
            "productOrderItem": list(items),
        }

    def post(self, order: JSON, *, key: str = "", client: Client | None = None) -> httpx.Response:
        """Post an order; return the answer, whatever it is."""
        headers = {"Idempotency-Key": key} if key else {}
        return (client or self.client("crm")).request(
            "order", "POST", ORDERS, json=order, headers=headers
        )

    def accepted(self, order: JSON) -> str:
        """Post an order that is accepted; return its id."""
        answer = self.post(order)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def read(self, order_id: str) -> JSON:
        """Return the current state of an order."""
        return self.client("viewer").get("order", f"{ORDERS}/{order_id}")

    def until(self, condition: Callable[[], Any], timeout_s: float = TIMEOUT_S) -> Any:
        """Wait until a condition returns a true value, and return it."""
        end = time.monotonic() + timeout_s
        backoff = Backoff(FIRST_PAUSE, LONGEST_PAUSE, factor=1.2)
        while not (found := condition()):
            assert time.monotonic() < end, f"it did not become true in {timeout_s:.0f} s"
            time.sleep(backoff.next_pause().total_seconds())
        return found

    def until_serving(self, timeout_s: float = TIMEOUT_S) -> None:
        """Wait until every service answers: after a loss it first checks its database."""
        self.until(lambda: all(map(self.serves, SERVICES)), timeout_s)

    def serves(self, service: str) -> bool:
        """Tell whether a service answers requests that need its database."""
        try:
            return self.client("ops").request(service, "GET", "/ops/v1/parked").is_success
        except CommandError:
            return False  # it restarts

    def until_state(self, order_id: str, *states: str) -> JSON:
        """Wait until an order is in one of these states; return it."""
        return self.until(
            lambda: order if (order := self.read(order_id))["state"] in states else None
        )

    def work_orders(self, order_id: str) -> list[JSON]:
        """Return the open work orders of an order."""
        found: list[JSON] = self.client("ops").get("provisioning", WORK_ORDERS, order_id=order_id)
        return found

    def work_order(self, order_id: str, job: str) -> JSON:
        """Wait for one work order of an order; return it."""
        return self.until(
            lambda: next((each for each in self.work_orders(order_id) if each["job"] == job), None)
        )

    def answer_work_order(self, work_order: JSON, verb: str = "report", **body: str) -> JSON:
        """Answer a work order."""
        path = f"{WORK_ORDERS}/{work_order['id']}/{verb}"
        return self.client("ops").post("provisioning", path, body)

    def fulfil(self, order_id: str) -> JSON:
        """Report all work orders of an order done, until it has ended; return it."""

        def ended() -> JSON:
            for work_order in self.work_orders(order_id):
                self.answer_work_order(work_order)
            order = self.read(order_id)
            return order if order["state"] in FINAL_STATES else None

        return self.until(ended)

    def completed(self, order: JSON) -> JSON:
        """Post an order and wait until it has completed."""
        ended = self.fulfil(self.accepted(order))
        assert ended["state"] == "completed", ended
        return ended

    def products(self, customer: str, status: str = "active") -> list[JSON]:
        """Return a customer's products."""
        query = {"relatedParty.id": customer} | ({"status": status} if status else {})
        found: list[JSON] = self.client("viewer").get("order", PRODUCTS, **query)
        return found

    def view(self, customer: str, *, products: int) -> JSON:
        """Wait until the view of a customer shows this number of products; return it."""
        path = f"/ops/v1/customers/{customer}/view"

        def as_expected() -> JSON:
            answer = self.client("viewer").request("customer", "GET", path)
            found = answer.json() if answer.status_code == 200 else {}
            return found if found and len(found["products"]) == products else None

        return self.until(as_expected)

    def held(self, holder: str, **states: str) -> dict[str, JSON]:
        """Wait until an order or a service holds resources of these kinds in these states."""

        def as_expected() -> JSON:
            found = self.holdings(holder)
            seen = {kind: each["state"] for kind, each in found.items()}
            return found if seen == states else None

        found: dict[str, JSON] = self.until(as_expected)
        return found

    def holdings(self, holder: str) -> dict[str, JSON]:
        """Return the holdings of an order or a service, by kind."""
        found = self.client("viewer").get("resources", f"/ops/v1/holdings/{holder}")
        return {each["kind"]: each for each in found["held"]}

    def number(self, e164: str, state: str) -> JSON:
        """Wait until a number is in a state; return it, with its holder and history."""

        def as_expected() -> JSON:
            found = self.client("viewer").get("resources", f"/ops/v1/numbers/{e164}")
            return found if found["state"] == state else None

        return self.until(as_expected)

    def fallout(self, order_id: str) -> list[JSON]:
        """Return all fallout of an order."""
        found: list[JSON] = self.client("ops").get("provisioning", f"/ops/v1/fallout/{order_id}")
        return found

    def decide(self, order_id: str, remedy: str, **body: str) -> JSON:
        """Decide on a step in fallout."""
        return self.client("ops").post("provisioning", f"/ops/v1/fallout/{order_id}/{remedy}", body)

    def plan(self, order_id: str) -> JSON:
        """Wait until an order has a plan; return it."""
        path = f"/ops/v1/plans/{order_id}"

        def found() -> JSON:
            answer = self.client("viewer").request("provisioning", "GET", path)
            return answer.json() if answer.status_code == 200 else None

        return self.until(found)

    def element(self, name: str, what: str) -> JSON:
        """Return what is active on an element, or its effects."""
        url = f"{self.record.urls['elements']}/elements/{name}/{what}"
        return self.http.get(url).raise_for_status().json()[what]

    def subjects(self, name: str) -> set[str]:
        """Return the services that an element carries."""
        return {each["subject"] for each in self.element(name, "active")}

    def configured(self, name: str, subject: str) -> JSON:
        """Return the parameters of all that an element has for a service."""
        active = [each for each in self.element(name, "active") if each["subject"] == subject]
        return {key: value for each in active for key, value in each["parameters"].items()}

    @contextmanager
    def faults(self, element: str, *faults: JSON) -> Iterator[None]:
        """Inject faults into an element until the block ends."""
        url = f"{self.record.urls['elements']}/elements/{element}/faults"
        self.http.put(url, json={"faults": list(faults)}).raise_for_status()
        yield
        self.http.delete(url).raise_for_status()


@contextmanager
def running(home: Path, kind: type[Stack] = Stack) -> Iterator[Site]:
    """Start the whole system in a folder; delete everything at the end."""
    home.mkdir(exist_ok=True)
    ensure_keys_folder(home)
    site = Site(kind.start(home, fsync=False))
    try:
        yield site
    finally:
        site.close()
        site.stack.purge()
        shutil.rmtree(home)
