"""Invariants about messages: nothing lost, nothing left over."""

from collections.abc import Iterator, Mapping

from shared.contracts import message_name
from tools.verify.evidence import SERVICES, Evidence
from tools.verify.orders import CheckResult

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
            *("order.accepted", "order.completed", "order.failed", "order.rejected"),
            *("resources.assigned", "provisioning.service_completed"),
            *("provisioning.service_held", "provisioning.service_resumed"),
            "customer.party_erased",
        }
    ),
}
"""What each service must have heard, by the cards of the services."""

PENDING = "SELECT key, count(*) AS letters FROM unsent GROUP BY key"
PUBLISHED_COUNT = "SELECT count(*) AS letters FROM outbox"
DEAD_LETTERS = "SELECT type, why, error FROM parked WHERE released_at IS NULL ORDER BY position"
CONSUMED = "SELECT message_id FROM inbox"
SEQUENCES = """
    SELECT key, min(sequence) AS first, max(sequence) AS last,
           count(*) AS letters, count(DISTINCT sequence) AS places
    FROM outbox GROUP BY key
"""
OPEN_CALLS = "SELECT order_id, element, kind FROM attempts WHERE ended_at IS NULL"


def every_message_was_published(evidence: Evidence) -> Iterator[CheckResult]:
    """See that no letter waits in an outbox."""
    for service in SERVICES:
        unsent = evidence.rows(service, PENDING)
        yield from (f"{service} did not send {row.letters} letters of {row.key}" for row in unsent)
        yield from (None for _ in evidence.published[service][len(unsent) :])


def every_message_was_consumed(evidence: Evidence) -> Iterator[CheckResult]:
    """See that whoever listens to a message has handled it."""
    for service, names in CONSUMED_TYPES.items():
        heard = {row.message_id for row in evidence.rows(service, CONSUMED)}
        for told in evidence.published.values():
            for each in told:
                if message_name(each.type) in names:
                    missed = f"{service} never handled {each.type} of {each.subject}"
                    yield None if each.id in heard else missed


def no_message_is_a_dead_letter(evidence: Evidence) -> Iterator[CheckResult]:
    """See that no message waits for a person."""
    for service in SERVICES:
        parked = evidence.rows(service, DEAD_LETTERS)
        yield from (
            f"{service} has parked {row.type}: {last_error_line(row.error)}" for row in parked
        )
        yield from (None,) if not parked else ()


def last_error_line(error: str) -> str:
    """Return the line of an error that says most."""
    return error.strip().splitlines()[-1] if error.strip() else "nobody knows why"


def every_dead_letter_has_a_reason(evidence: Evidence) -> Iterator[CheckResult]:
    """See that a person who looks finds a reason."""
    for service in SERVICES:
        for row in evidence.rows(service, DEAD_LETTERS):
            yield None if row.why and row.error else f"{service} parked {row.type} without a cause"


def sequences_have_no_gap(evidence: Evidence) -> Iterator[CheckResult]:
    """See that the letters under each key are counted from 1, each number once."""
    for service in SERVICES:
        for row in evidence.rows(service, SEQUENCES):
            whole = row.first == 1 and row.last == row.letters == row.places
            yield None if whole else f"{service} miscounted the letters of {row.key}"


def no_call_is_open(evidence: Evidence) -> Iterator[CheckResult]:
    """See that no element is being called, or waits to be, once all is at rest."""
    for row in evidence.rows("provisioning", OPEN_CALLS):
        yield f"{row.kind} on {row.element} for order {row.order_id} is not over"
