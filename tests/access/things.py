"""What one client has brought to each service, for the matrix to ask for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import uuid4

from services.customer.handlers import SUBSCRIPTIONS as CUSTOMER
from services.order.handlers import SUBSCRIPTIONS as ORDER
from services.order.store import orders
from services.provisioning.handlers import SUBSCRIPTIONS as PROVISIONING
from services.provisioning.store import work_orders
from services.provisioning.store.blueprints import load_shipped
from shared.db import Sessions
from shared.dispatch import Dispatch
from shared.work import begin
from tests.access.table import ACCOUNTS, PARTIES
from tests.conftest import NOON
from tests.customer import build as customer
from tests.kernel import hear
from tests.order import build as order
from tests.provisioning import build as provisioning
from tests.provisioning.database import run

PHONE = "13851234567"
COMPANY = "panda"


@dataclass(frozen=True, slots=True)
class Things:
    """What there is: the values of the parts of paths, and of queries where a route needs any."""

    values: Mapping[str, str]
    query: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    """Filled-in paths of routes whose parts mean something else than usual."""

    def filled(self, path: str) -> str:
        """Return a path with its parts filled in."""
        if path in self.paths:
            return self.paths[path]
        return path.replace(":path}", "}").format_map(self.values)


NOTHING = {
    "subject": str(uuid4()),
    "position": "1",
    "id": str(uuid4()),
    "order_id": str(uuid4()),
    "name": "pool-1",
    "kind": "leg",
    "value": "1",
    "e164": "+862580000000",
    "holder": str(uuid4()),
    "address_id": "addr-1",
}
"""Of things that there are not, or that are nobody's."""


def in_order(sessions: Sessions) -> Things:
    """Have an order accepted and completed."""
    made = order.accepted()
    with begin(sessions, NOON, Dispatch(uuid4())) as transaction:
        orders.add(transaction.session, made.order, made.progress)
    hear(sessions, ORDER, order.completed(made))
    product = made.order.items[0].ordered.product_id
    paths = {
        f"{order_path}/{{id}}": f"{order_path}/{id_}"
        for order_path, id_ in (
            ("/tmf-api/productOrderingManagement/v4/productOrder", made.order.id),
            ("/tmf-api/productInventory/v4/product", product),
        )
    }
    history = {"/ops/v1/orders/{id}/history": f"/ops/v1/orders/{made.order.id}/history"}
    return Things(NOTHING, paths=paths | history)


def in_provisioning(sessions: Sessions) -> Things:
    """Have one order carried out, and a crew sent out for another."""
    with sessions.begin() as session:
        load_shipped(session)
    run(sessions, provisioning.accepted())
    voice = provisioning.accepted(
        provisioning.an_item("voice", made_by=provisioning.OTHER_ID),
        order_id=provisioning.OTHER_ID,
    )
    hear(sessions, PROVISIONING, voice)
    hear(sessions, PROVISIONING, provisioning.assigned(voice, provisioning.shipped()))
    with sessions() as session:
        (work_order,) = work_orders.of_order(session, voice.order_id)
    service = provisioning.accepted().items[0].service_id
    ids = {"work_order_id": str(work_order.id), "service_id": str(service)}
    return Things(NOTHING | ids | {"order_id": str(voice.order_id)})


def in_customer(sessions: Sessions) -> Things:
    """Have orders of a person and of a company accepted."""
    company = customer.a_customer(id=COMPANY, category="business", account_id="acc-9", phone="1")
    hear(sessions, CUSTOMER, customer.accepted(1), customer.completed(1))
    hear(sessions, CUSTOMER, customer.accepted(2, company))
    return Things(
        NOTHING | {"party_id": customer.ZHANG, "account_id": "acc-1"},
        query={
            f"GET {ACCOUNTS}": {"relatedParty.id": customer.ZHANG},
            "GET /ops/v1/customers": {"phone": PHONE},
        },
        paths={f"{PARTIES}/organization/{{party_id}}": f"{PARTIES}/organization/{COMPANY}"},
    )


def in_resources(_: Sessions) -> Things:
    """Bring nothing: nothing there belongs to a client but a number that it keeps itself."""
    return Things(NOTHING)


SEEDS: Mapping[str, Callable[[Sessions], Things]] = {
    "order": in_order,
    "provisioning": in_provisioning,
    "customer": in_customer,
    "resources": in_resources,
}


def seeded(service: str, sessions: Sessions) -> Things:
    """Return what the first client has brought to a service, having brought it."""
    return SEEDS[service](sessions)
