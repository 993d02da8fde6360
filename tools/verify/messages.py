"""Invariants about messages: nothing lost, nothing left over."""

from collections.abc import Iterator, Mapping

from deploy.local.stack_record import SERVICES
from shared.contracts import message_name
from tools.verify.orders import CheckResult
from tools.verify.stack_data import StackData

CONSUMED_TYPES: Mapping[str, frozenset[str]] = {
    "order": frozenset(
        {
            *("resources.assigned", "resources.refused", "provisioning.service_completed"),
            *("provisioning.service_failed", "provisioning.service_held"),
            *("provisioning.service_resumed", "customer.party_erased"),
            "customer.access_changed",
        }
    ),
    "provisioning": frozenset(
        {
            *("order.accepted", "resources.assigned", "resources.refused", "resources.released"),
            *("customer.party_erased", "customer.access_changed"),
        }
    ),
    "resources": frozenset(
        {
            *("provisioning.assignment_requested", "provisioning.release_requested"),
            "provisioning.service_completed",
        }
    ),
    "customer": frozenset(
        {
            *("order.accepted", "order.queued", "order.state_changed"),
            *("order.completed", "order.failed", "order.rejected"),
            *("resources.assigned", "provisioning.service_completed"),
            "customer.party_erased",
        }
    ),
}
"""The message types that each service consumes, as its package docstring lists them."""

PENDING = "SELECT key, count(*) AS records FROM unsent GROUP BY key"
PUBLISHED_COUNT = "SELECT count(*) AS records FROM outbox"
DEAD_LETTERS = "SELECT type, why, error FROM parked WHERE released_at IS NULL ORDER BY position"
CONSUMED = "SELECT message_id FROM inbox"
SEQUENCES = """
    SELECT key, min(sequence) AS first, max(sequence) AS last,
           count(*) AS records, count(DISTINCT sequence) AS sequences
    FROM outbox GROUP BY key
"""
OPEN_CALLS = "SELECT order_id, element, kind FROM attempts WHERE ended_at IS NULL"


def every_message_was_published(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that no outbox record is pending."""
    for service in SERVICES:
        pending = stack_data.rows(service, PENDING)
        yield from (
            f"{service} did not publish {row.records} records of {row.key}" for row in pending
        )
        yield from (None for _ in stack_data.published[service][len(pending) :])


def every_message_was_consumed(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that every consumer of a message has handled it."""
    for service, names in CONSUMED_TYPES.items():
        consumed = {row.message_id for row in stack_data.rows(service, CONSUMED)}
        for envelopes in stack_data.published.values():
            for each in envelopes:
                if message_name(each.type) in names:
                    fault = f"{service} did not handle {each.type} of {each.subject}"
                    yield None if each.id in consumed else fault


def no_message_is_a_dead_letter(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that no message is parked."""
    for service in SERVICES:
        parked = stack_data.rows(service, DEAD_LETTERS)
        yield from (
            f"{service} has parked {row.type}: {last_error_line(row.error)}" for row in parked
        )
        yield from (None,) if not parked else ()


def last_error_line(error: str) -> str:
    """Return the last line of an error, which says most."""
    return error.strip().splitlines()[-1] if error.strip() else "unknown error"


def every_dead_letter_has_a_reason(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that every dead letter has a reason and an error."""
    for service in SERVICES:
        for row in stack_data.rows(service, DEAD_LETTERS):
            yield None if row.why and row.error else f"{service} parked {row.type} without a reason"


def sequences_have_no_gap(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that the sequence of each key starts at 1 and has each number once."""
    for service in SERVICES:
        for row in stack_data.rows(service, SEQUENCES):
            complete = row.first == 1 and row.last == row.records == row.sequences
            yield None if complete else f"{service} has a gap in the sequence of {row.key}"


def no_call_is_open(stack_data: StackData) -> Iterator[CheckResult]:
    """Check that no outbound call is open in an idle stack."""
    for row in stack_data.rows("provisioning", OPEN_CALLS):
        yield f"{row.kind} on {row.element} for order {row.order_id} is still open"
