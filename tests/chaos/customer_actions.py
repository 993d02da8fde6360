"""Changes to customers in the time that a restore loses."""

from dataclasses import dataclass
from functools import partial
from itertools import count
from uuid import UUID

from tests.chaos.mixed_traffic import MixedTraffic
from tests.chaos.traffic import Traffic
from tests.flows.order_items import fibre, telephone
from tests.flows.site import Site
from tools.verify import PostedOrder

CUSTOMER_NUMBERS = count(1)
ORDER_TIMEOUT_S = 150.0
"""The longest duration of an order on a busy machine."""


@dataclass(frozen=True, slots=True)
class CustomerActions:
    """Changes to one customer."""

    site: Site
    customer: str
    address: str

    @classmethod
    def of(cls, traffic: Traffic) -> "CustomerActions":
        """Order for a new customer, and wait until the customer service knows it."""
        site = traffic.site
        actions = cls(site, f"C-people-{next(CUSTOMER_NUMBERS)}", site.exchange_area().served)
        order = site.order(fibre(actions.address), customer=actions.customer)
        traffic.posted.append(PostedOrder(UUID(site.accepted(order)), order["externalId"]))
        site.until(actions.is_known)
        return actions

    def is_known(self) -> bool:
        """Tell whether the customer service knows the customer."""
        answer = self.site.client("viewer").request("customer", "GET", f"{self._path}/view")
        return answer.status_code == 200

    def erase_and_share(self) -> None:
        """Erase the customer, and share it with another client.

        Raises:
            CommandError: if the service does not answer.
        """
        admin, reason = self.site.client("admin"), {"reason": "a restore follows"}
        admin.post("customer", f"{self._path}/erase", reason)
        grant = {"owner": "crm", "grantee": "another-crm", "customerId": self.customer}
        admin.post("customer", "/ops/v1/grants", grant | reason)

    def order_and_disconnect(self, traffic: MixedTraffic) -> None:
        """Order a line for the customer, and disconnect it as soon as it is delivered."""
        buyer = f"{self.customer}-again"
        traffic.post(self.site.order(telephone(self.address), customer=buyer))
        products = self.site.until(partial(traffic.products_of, buyer), ORDER_TIMEOUT_S)
        traffic.post(traffic.disconnect_order(buyer, products))

    @property
    def _path(self) -> str:
        return f"/ops/v1/customers/{self.customer}"
