"""What people do in the time that a restore loses."""

from dataclasses import dataclass
from itertools import count
from uuid import UUID

from services.console.invariants import Posted
from tests.chaos.traffic import Traffic
from tests.flows.items import fibre
from tests.flows.site import Site

NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class People:
    """People who work on one customer."""

    site: Site
    customer: str

    @classmethod
    def of(cls, traffic: Traffic) -> "People":
        """Wait until the customer of a new order is known; return the people who work on it."""
        site, people = traffic.site, cls(traffic.site, f"C-people-{next(NUMBERS)}")
        order = site.order(fibre(traffic.places[0].served), customer=people.customer)
        traffic.posted.append(Posted(UUID(site.accepted(order)), order["externalId"]))
        site.until(people.is_known)
        return people

    def is_known(self) -> bool:
        """Tell whether the customer service knows the customer."""
        answer = self.site.client("viewer").ask("customer", "GET", f"{self._path}/view")
        return answer.status_code == 200

    def act(self) -> None:
        """Erase the customer.

        Raises:
            CommandError: if the service does not answer.
        """
        admin = self.site.client("admin")
        admin.post("customer", f"{self._path}/erase", {"reason": "a restore follows"})

    @property
    def _path(self) -> str:
        return f"/ops/v1/customers/{self.customer}"
