"""The resource service for one order: its own decisions, on an inventory in memory."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias
from uuid import UUID

from services.provisioning.domain.plan.assignment import ResourcesAnswer
from services.provisioning.domain.plan.plan import Plan, PlanState
from services.resources.domain.allocation.allocation import Stock, allocate
from services.resources.domain.allocation.assignment_request import (
    AssignmentRequest,
    order_addresses,
)
from services.resources.domain.allocation.existing_holdings import needs_to_reserve
from services.resources.domain.allocation.order_end import (
    changes_of_transition,
    changes_of_undo,
    given_up,
    holdings_to_undo,
    release,
)
from services.resources.domain.allocation.requirements import (
    AllocationContext,
    requests_to_look_up,
    resolve_orders,
)
from services.resources.domain.pool.kinds import ServingPlant
from services.resources.domain.pool.quarantine import quarantine_periods
from services.resources.domain.pool.resource import Holding, Pool, Resource, ResourceChange
from services.resources.domain.pool.states import (
    NumberState,
    PoolItemState,
    ResourceState,
    Transition,
)
from services.resources.store.kinds import SHIPPED
from shared.contracts import (
    AssignmentRequested,
    Held,
    ReleaseRequested,
    ResourcesAssigned,
    ResourcesReleased,
    ServiceCompleted,
    ServiceFailed,
)
from tests.conftest import NOON
from tests.kernel import TENANT

PublishedMessage: TypeAlias = (
    AssignmentRequested | ReleaseRequested | ServiceCompleted | ServiceFailed
)
IN_USE: dict[str, ResourceState] = {"number": NumberState.IN_USE, "pair": PoolItemState.IN_USE}
PLANT = ServingPlant("NJ-XW", "025", None)
EARLIER_ORDER = UUID(int=1)
KINDS = {(TENANT, name): kind for name, kind in SHIPPED.items()}
POOLS = [Pool(TENANT, kind, PLANT.exchange_id) for kind in IN_USE]
INVENTORY = {pool: [Resource(pool, f"{pool.kind}-{n}") for n in range(20)] for pool in POOLS}


class Published(NamedTuple):
    """A message of the plan on its topic."""

    id: str
    """Made from its cause, its type and its place among the messages of its cause."""

    message: PublishedMessage


class Answer(NamedTuple):
    """An answer of the resource service on its topic."""

    id: str
    message: ResourcesAnswer


def request_id_of(message: PublishedMessage) -> str:
    """Return the id of the request that a message makes or undoes; empty if it does neither."""
    if isinstance(message, AssignmentRequested | ReleaseRequested):
        return message.request_id
    return ""


@dataclass
class SimulatedResources:
    """The inventory, and the answers that were published."""

    holdings: dict[Resource, Holding] = field(default_factory=dict)
    before: frozenset[Held] = frozenset()
    """What was in use before the order."""

    answers: dict[tuple[UUID, str], ResourcesAssigned] = field(default_factory=dict)

    @classmethod
    def with_service(cls, service_id: UUID, kinds: Collection[str]) -> "SimulatedResources":
        """Return the inventory in which a service holds one resource of some kinds from before."""
        first = [several[0] for pool, several in INVENTORY.items() if pool.kind in kinds]
        return cls(
            {
                each: Holding(each, IN_USE[each.pool.kind], EARLIER_ORDER, service_id)
                for each in first
            },
            frozenset(each.as_message_part for each in first),
        )

    @property
    def in_use(self) -> set[Held]:
        """What the service holds and does not give up."""
        return self.in_states(IN_USE.values())

    @property
    def all_held(self) -> set[Held]:
        """What is in use, reserved or about to be given up."""
        return {each.as_message_part for each in self.holdings}

    def in_states(self, states: Iterable[ResourceState]) -> set[Held]:
        """Return the resources in these states."""
        of = set(states)
        return {
            each.resource.as_message_part for each in self.holdings.values() if each.state in of
        }

    def consume(self, message: PublishedMessage, *, is_short: bool) -> ResourcesAnswer | None:
        """Apply a message, and return the answer; `is_short`: no resource is free."""
        match message:
            case AssignmentRequested():
                return self.assign(message, is_short=is_short)

            case ReleaseRequested():
                of_order = self.of_order(message.order_id)
                self.apply(changes_of_undo(holdings_to_undo([message], of_order)))
                return ResourcesReleased(
                    order_id=message.order_id, request_id=message.request_id, held=message.held
                )

            case ServiceCompleted():
                of_order = self.of_order(message.order_id)
                self.apply(changes_of_transition(of_order, Transition.OCCUPY))
                of_order = self.of_order(message.order_id)
                self.apply(
                    release(of_order, quarantine_periods(given_up(of_order), KINDS, {}), NOON)
                )
                return None

            case ServiceFailed():
                return None

    def assign(self, message: AssignmentRequested, *, is_short: bool) -> ResourcesAnswer:
        """Answer a request as `services.resources.commands.assignment.assign` does."""
        requests = [AssignmentRequest(TENANT, message)]
        services = {item.service_id for each in requests for item in each.affected}
        held = [
            each
            for each in self.holdings.values()
            if each.order_id == message.order_id or each.service_id in services
        ]
        sites = {(TENANT, each.address_id): PLANT for each in order_addresses(requests)}
        looked_up = self.answers if requests_to_look_up(requests, held) else {}
        orders = resolve_orders(requests, AllocationContext(sites, held, KINDS), looked_up)
        free = {} if is_short else {pool: self.free(pool) for pool in INVENTORY}
        ((answer, changes),) = allocate(orders, Stock(free, {}, NOON))
        self.apply(changes)
        if isinstance(answer, ResourcesAssigned):
            self.answers[answer.order_id, answer.request_id] = answer
        return answer

    def free(self, pool: Pool) -> list[Resource]:
        """Return the free resources of a pool, the lowest first."""
        return [each for each in INVENTORY[pool] if each not in self.holdings]

    def of_order(self, order_id: UUID) -> list[Holding]:
        """Return what an order has changed last."""
        return [each for each in self.holdings.values() if each.order_id == order_id]

    def apply(self, changes: Iterable[ResourceChange]) -> None:
        """Store the changes."""
        for each in changes:
            if each.became in each.resource.pool.life_cycle.held:
                holding = Holding(each.resource, each.became, each.order_id, each.service_id)
                self.holdings[each.resource] = holding
            else:
                self.holdings.pop(each.resource, None)

    def check_holdings(self, plan: Plan) -> None:
        """Check that nothing is held but what an ended plan says, or nothing of a failed one."""
        items = plan.items if plan.state is PlanState.COMPLETED else ()
        held = {each for item in items for each in item.held}
        given_up = {each for item in items for each in item.pre_released}
        assert self.in_use == (self.before | held) - given_up
        assert self.all_held == self.in_use

    @staticmethod
    def may_be_short(message: PublishedMessage) -> bool:
        """Tell whether a message requests a free resource."""
        return isinstance(message, AssignmentRequested) and any(
            map(needs_to_reserve, message.items)
        )
