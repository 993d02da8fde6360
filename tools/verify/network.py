"""Invariants about services and the network elements that they are configured on."""

from collections.abc import Iterator, Mapping

import msgspec

from tools.verify.orders import CheckResult
from tools.verify.stack_data import StackData

INLINE = "inline"
"""The in-process element, which stores nothing that could be checked."""

SERVICES = "SELECT id, state, elements, held, characteristics FROM services"
OPEN_PLANS = "SELECT items FROM plans WHERE state NOT IN ('completed', 'failed')"
RUNNING_STATES = frozenset({"active", "inactive"})
"""The states of services that are in the network; those of suspended products are inactive."""

_decode = msgspec.json.decode


def elements_and_inventory_agree(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that the configuration of each element and the service inventory are equal."""
    if not stack_data.has_elements:
        return
    inventory = {
        (element, str(row.id))
        for row in stack_data.rows("provisioning", SERVICES)
        if row.state in RUNNING_STATES
        for element in _decode(row.elements)
        if element != INLINE
    }
    configured = {
        (name, each["subject"])
        for name in stack_data.read_simulator("/elements")["elements"]
        for each in stack_data.read_simulator(f"/elements/{name}/active")["active"]
    }
    changing = services_in_open_plans(stack_data)
    agreed = inventory & configured
    for element, service in sorted(inventory | configured):
        if (element, service) in agreed or service in changing:
            yield None
        else:
            source = "the inventory" if (element, service) in inventory else "the element"
            yield f"only {source} has service {service} on {element}"


CONFIGURED_CHARACTERISTICS: Mapping[str, tuple[str, object]] = {
    "speed_mbps": ("speedMbps", None),
    "bar": ("bar", "none"),
    "caller_id": ("callerId", False),
    "forward_to": ("forwardTo", "none"),
}
"""The parameters of elements that follow a characteristic: its name, and its value without one."""


def elements_are_configured_as_the_inventory_says(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that elements have the current values of the services that they carry."""
    if not stack_data.has_elements:
        return
    services = {str(row.id): row for row in stack_data.rows("provisioning", SERVICES)}
    changing = services_in_open_plans(stack_data)
    for name in stack_data.read_simulator("/elements")["elements"]:
        for each in stack_data.read_simulator(f"/elements/{name}/active")["active"]:
            service = services.get(each["subject"])
            if service is None or each["subject"] in changing:
                continue
            values = {item["name"]: item["value"] for item in _decode(service.characteristics)}
            wrong = [
                parameter
                for parameter, (characteristic, default) in CONFIGURED_CHARACTERISTICS.items()
                if parameter in each["parameters"]
                and each["parameters"][parameter] != values.get(characteristic, default)
            ]
            where = f"service {each['subject']} on {name}"
            yield f"{where}: {', '.join(wrong)} differ from the inventory" if wrong else None


def services_in_open_plans(stack_data: StackData) -> set[str]:
    """Return the services that open plans create or terminate."""
    plans = stack_data.rows("provisioning", OPEN_PLANS)
    return {item["service_id"] for plan in plans for item in _decode(plan.items)}


def every_operation_has_one_effect(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that no operation id had two effects on an element."""
    for name in (
        stack_data.read_simulator("/elements")["elements"] if stack_data.has_elements else ()
    ):
        for operation, times in stack_data.read_simulator(f"/elements/{name}/effects")[
            "effects"
        ].items():
            yield None if times == 1 else f"{name} did operation {operation} {times} times"


def inventory_is_what_was_completed(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that the service inventory equals the fold of all completions."""
    expected = {
        id_: sorted((held.kind, held.value) for held in service.held)
        for id_, service in stack_data.expected_state.services.items()
    }
    found = {
        row.id: sorted((held["kind"], held["value"]) for held in _decode(row.held))
        for row in stack_data.rows("provisioning", SERVICES)
        if row.state in RUNNING_STATES
    }
    for id_ in sorted(expected.keys() | found.keys()):
        same = expected.get(id_) == found.get(id_)
        yield None if same else f"service {id_} in the inventory differs from its completion"
