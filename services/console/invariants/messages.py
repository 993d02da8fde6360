"""Invariants about messages: nothing lost, nothing left over."""

from collections.abc import Iterator, Mapping

from services.console.invariants.evidence import SERVICES, Evidence
from services.console.invariants.orders import Verdict
from shared.contracts import name_of

HEARS: Mapping[str, frozenset[str]] = {
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

UNSENT = "SELECT key, count(*) AS letters FROM unsent GROUP BY key"
TOLD = "SELECT count(*) AS letters FROM outbox"
PARKED = "SELECT type, why, error FROM parked WHERE released_at IS NULL ORDER BY position"
HEARD = "SELECT message_id FROM inbox"
COUNTED = """
    SELECT key, min(sequence) AS first, max(sequence) AS last,
           count(*) AS letters, count(DISTINCT sequence) AS places
    FROM outbox GROUP BY key
"""
OPEN_ATTEMPTS = "SELECT order_id, element, kind FROM attempts WHERE ended_at IS NULL"


def everything_was_sent(evidence: Evidence) -> Iterator[Verdict]:
    """See that no letter waits in an outbox."""
    for service in SERVICES:
        unsent = evidence.rows(service, UNSENT)
        yield from (f"{service} did not send {row.letters} letters of {row.key}" for row in unsent)
        yield from (None for _ in evidence.told[service][len(unsent) :])


def everything_was_heard(evidence: Evidence) -> Iterator[Verdict]:
    """See that whoever listens to a message has handled it."""
    for service, names in HEARS.items():
        heard = {row.message_id for row in evidence.rows(service, HEARD)}
        for told in evidence.told.values():
            for each in told:
                if name_of(each.type) in names:
                    missed = f"{service} never handled {each.type} of {each.subject}"
                    yield None if each.id in heard else missed


def nothing_is_parked(evidence: Evidence) -> Iterator[Verdict]:
    """See that no message waits for a person."""
    for service in SERVICES:
        parked = evidence.rows(service, PARKED)
        yield from (f"{service} has parked {row.type}: {why(row.error)}" for row in parked)
        yield from (None,) if not parked else ()


def why(error: str) -> str:
    """Return the line of an error that says most."""
    return error.strip().splitlines()[-1] if error.strip() else "nobody knows why"


def every_parked_message_has_a_cause(evidence: Evidence) -> Iterator[Verdict]:
    """See that a person who looks finds a reason."""
    for service in SERVICES:
        for row in evidence.rows(service, PARKED):
            yield None if row.why and row.error else f"{service} parked {row.type} without a cause"


def sequences_have_no_hole(evidence: Evidence) -> Iterator[Verdict]:
    """See that the letters under each key are counted from 1, each number once."""
    for service in SERVICES:
        for row in evidence.rows(service, COUNTED):
            whole = row.first == 1 and row.last == row.letters == row.places
            yield None if whole else f"{service} miscounted the letters of {row.key}"


def no_call_is_open(evidence: Evidence) -> Iterator[Verdict]:
    """See that no element is being called, or waits to be, once all is at rest."""
    for row in evidence.rows("provisioning", OPEN_ATTEMPTS):
        yield f"{row.kind} on {row.element} for order {row.order_id} is not over"
