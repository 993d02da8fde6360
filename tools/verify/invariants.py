"""All invariants, by the sentence that states each."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from deploy.local.stack_record import StackRecord
from tools.verify import (
    billing,
    customers,
    erasures,
    grants,
    histories,
    identities,
    logs,
    messages,
    network,
    orders,
    products,
    resources,
    transitions,
)
from tools.verify.stack_data import PostedOrder, StackData, open_stack_data

Check = Callable[[StackData], Iterator[str | None]]
"""Yields one result for each thing that it checks: the fault, or None."""

INVARIANTS: Mapping[str, Check] = {
    "every order answered with 201 is stored": orders.every_201_is_there,
    "every order has ended, or is in fallout with a reason": orders.orders_ended_or_in_fallout,
    "an order's items ended as the order did": orders.items_agree_with_their_order,
    "every order has a plan": orders.every_order_has_a_plan,
    "one order for each externalId and client": orders.one_order_for_each_external_id,
    "every state was published, every end once": orders.every_state_was_published,
    "all state transitions were legal": transitions.every_transition_is_legal,
    "all states are the last in the history": histories.every_state_is_in_the_history,
    "no number or line has two holders": resources.every_resource_has_one_holder,
    "nothing is reserved for an ended order": resources.nothing_is_reserved_for_an_ended_order,
    "services hold what resources say": resources.services_hold_what_resources_say,
    "what is held has a holder": resources.states_and_holders_agree,
    "the states of each pool add up to the pool": resources.pools_add_up,
    "elements have what the inventory says": network.elements_and_inventory_agree,
    "elements have the values that the inventory says": (
        network.elements_are_configured_as_the_inventory_says
    ),
    "every operation had one effect": network.every_operation_has_one_effect,
    "the inventory is what was completed": network.inventory_is_what_was_completed,
    "the installed base is what was completed": orders.installed_base_is_what_was_completed,
    "products are as their services": products.products_are_as_their_services,
    "only open orders lock products": products.products_are_locked_by_open_orders,
    "products rely on products in use": products.bases_are_in_use,
    "identities hold what orders gave": identities.identities_hold_what_orders_gave,
    "completed items are handed over to billing once": billing.completed_items_are_handed_over,
    "customers' views are the fold of all messages": customers.views_match_messages,
    "erased parties are blank": erasures.erased_parties_are_blank,
    "grants are as last published": grants.grants_match_messages,
    "every message was published": messages.every_message_was_published,
    "every message was consumed": messages.every_message_was_consumed,
    "message sequences have no gap": messages.sequences_have_no_gap,
    "no message is parked": messages.no_message_is_a_dead_letter,
    "no element call is open": messages.no_call_is_open,
    "no log names a customer": logs.no_log_names_a_customer,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one invariant."""

    invariant: str
    things_checked: int
    """The number of checks: 0 proves nothing."""

    faults: tuple[str, ...]


def check(stack: StackRecord, posted: Sequence[PostedOrder] = ()) -> list[Finding]:
    """Check every invariant of an idle stack.

    Args:
        stack: the running stack.
        posted: the orders that are known to have been answered with 201.
    """
    with open_stack_data(stack, posted) as stack_data:
        return [check_invariant(name, each, stack_data) for name, each in INVARIANTS.items()]


def check_invariant(invariant: str, check_: Check, stack_data: StackData) -> Finding:
    """Check one invariant."""
    results = list(check_(stack_data))
    return Finding(invariant, len(results), tuple(each for each in results if each))


def find_violations(stack: StackRecord, posted: Sequence[PostedOrder] = ()) -> list[str]:
    """Return a line for each violation in an idle stack; empty if there is none."""
    found = check(stack, posted)
    return [f"{each.invariant}: {fault}" for each in found for fault in each.faults]
