"""All invariants, by the sentence that each of them is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from deploy.local.record import Record
from services.console.invariants import (
    customers,
    erasures,
    grants,
    histories,
    logs,
    messages,
    network,
    orders,
    resources,
    walks,
)
from services.console.invariants.evidence import Evidence, Posted, gather

Check = Callable[[Evidence], Iterator[str | None]]
"""Yields for everything that it looks at what is wrong with it, or None."""

INVARIANTS: Mapping[str, Check] = {
    "every 201 is there": orders.every_201_is_there,
    "every order has ended, or waits for people with a reason": orders.every_order_has_ended,
    "an order's items ended as the order did": orders.items_agree_with_their_order,
    "every order has a plan": orders.every_order_has_a_plan,
    "one order for each externalId and client": orders.one_order_for_each_external_id,
    "every end was told, once": orders.every_end_was_told_once,
    "orders, plans, numbers and plant took legal ways only": walks.only_legal_ways_were_walked,
    "all stand where the history has them last": histories.every_state_is_in_the_history,
    "no number or line has two holders": resources.everything_has_one_holder,
    "nothing is reserved for an ended order": resources.nothing_is_reserved_for_an_ended_order,
    "services hold what resources say": resources.services_hold_what_resources_say,
    "what is held has a holder": resources.states_and_holders_agree,
    "the states of each pool add up to the pool": resources.pools_add_up,
    "elements have what the inventory says": network.elements_have_what_the_inventory_says,
    "every operation had one effect": network.every_operation_has_one_effect,
    "the inventory is what was completed": network.inventory_is_what_was_completed,
    "the installed base is what was completed": orders.installed_base_is_what_was_completed,
    "customers' views are the fold of what was told": customers.views_are_the_fold_of_what_was_told,
    "who was erased is blank": erasures.who_was_erased_is_blank,
    "grants hold as they were told": grants.grants_hold_as_they_were_told,
    "every message was sent": messages.everything_was_sent,
    "every message was heard": messages.everything_was_heard,
    "messages are counted without a hole": messages.sequences_have_no_hole,
    "no message is parked": messages.nothing_is_parked,
    "no element call is open": messages.no_call_is_open,
    "no log names a customer": logs.no_log_names_a_customer,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one invariant."""

    invariant: str
    looked_at: int
    """How many things: none proves nothing."""

    faults: tuple[str, ...]


def check(stack: Record, posted: Sequence[Posted] = ()) -> list[Finding]:
    """Check every invariant of a stack at rest.

    Args:
        stack: what runs.
        posted: the orders that are known to have been answered with 201.
    """
    with gather(stack, posted) as evidence:
        return [find(name, each, evidence) for name, each in INVARIANTS.items()]


def find(invariant: str, check_: Check, evidence: Evidence) -> Finding:
    """Check one invariant."""
    verdicts = list(check_(evidence))
    return Finding(invariant, len(verdicts), tuple(each for each in verdicts if each))


def broken(stack: Record, posted: Sequence[Posted] = ()) -> list[str]:
    """Return all that is wrong with a stack at rest, in words; nothing if all is well."""
    found = check(stack, posted)
    return [f"{each.invariant}: {fault}" for each in found for fault in each.faults]
