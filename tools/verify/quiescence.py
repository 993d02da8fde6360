"""Wait until a stack is idle: no message, call or order is pending."""

import time
from dataclasses import replace

from deploy.local.stack_record import StackRecord
from tools.verify.erasures import erased_parties_are_blank
from tools.verify.messages import (
    every_message_was_consumed,
    every_message_was_published,
    no_call_is_open,
)
from tools.verify.orders import orders_ended_or_in_fallout
from tools.verify.stack_data import StackData, open_stack_data

PAUSE_S = 0.2
ACTIVITY_CHECKS = (
    no_call_is_open,
    orders_ended_or_in_fallout,
    every_message_was_published,
    every_message_was_consumed,
    erased_parties_are_blank,
)
"""Checks that fail while work is pending; the cheap ones first."""


def wait_until_quiescent(stack: StackRecord, timeout_s: float) -> bool:
    """Wait until the stack is idle; return whether it was within the timeout."""
    end = time.monotonic() + timeout_s
    with open_stack_data(stack) as stack_data:
        while time.monotonic() < end:
            if is_quiescent(replace(stack_data)):  # the same connections, without cached properties
                return True
            time.sleep(PAUSE_S)
    return False


def is_quiescent(stack_data: StackData) -> bool:
    """Return whether the stack is idle."""
    return all(not any(check(stack_data)) for check in ACTIVITY_CHECKS)
