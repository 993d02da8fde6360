"""Faults of identity documents, wherever a request names one."""

from services.order.domain.identity.rules import RealNameRules
from shared.errors import Fault


def unknown_type_fault(at: str, rules: RealNameRules) -> Fault:
    """Return the fault of a type of document that the rules do not name."""
    return Fault(
        at,
        "identity-document-unknown",
        "identities are not checked by this type of document",
        f"use one of: {', '.join(rules.document_types)}",
    )


def false_number_fault(at: str, type_field: str) -> Fault:
    """Return the fault of a number that does not fit the type of document in another field."""
    return Fault(
        at,
        "identity-number-false",
        f"the number does not fit this {type_field}: wrong form or check digit",
        f"copy it from the document again, or name another {type_field}",
    )
