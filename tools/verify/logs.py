"""Invariants about logs: they contain no personal data of customers."""

import re
from collections.abc import Iterator

from deploy.local.stack_record import SERVICES
from shared.observability.masking import looks_personal
from tools.verify.orders import CheckResult
from tools.verify.resource_kinds import PERSONAL_KINDS
from tools.verify.stack_data import StackData

PERSONAL_WORDS = re.compile(
    r"""
    \d{8,} [\dXx]?           # telephone and identity numbers
    | [\w.+-]+ @ [\w.-]+     # e-mail addresses
    | [\u4e00-\u9fff]{2,}    # names
    """,
    re.VERBOSE,
)


def no_log_names_a_customer(stack_data: StackData) -> Iterator[CheckResult]:
    """Check all logs for personal data of the orders' customers."""
    known = set(personal_values(stack_data))
    for log in stack_data.logs:
        faults = 0
        for number, line in enumerate(log.read_text(errors="replace").splitlines(), start=1):
            of_service = log.name.partition(".")[0] in SERVICES
            if not known.isdisjoint(PERSONAL_WORDS.findall(line)) or (
                of_service and looks_personal(line)
            ):
                faults += 1
                yield f"{log.name}, line {number}, names a customer"
        if not faults:
            yield None


def personal_values(stack_data: StackData) -> Iterator[str]:
    """Yield all values that could identify a customer."""
    for order in stack_data.expected_state.accepted.values():
        customer = order.customer
        yield from (customer.name, customer.email, customer.identity_number)
        yield from phone_spellings(customer.phone)
    for assigned in stack_data.expected_state.assigned.values():
        for item in assigned.items:
            for held in (*item.changed_holdings, *item.kept):
                if held.kind in PERSONAL_KINDS:
                    yield from phone_spellings(held.value)


def phone_spellings(number: str) -> Iterator[str]:
    """Yield the digits of a telephone number, with and without its country code."""
    digits = re.sub(r"\D", "", number)
    yield digits
    if digits.startswith("86"):
        yield digits.removeprefix("86")
        yield f"0{digits.removeprefix('86')}"
