"""When a stack is at rest: nothing waits to be sent, heard or done."""

import time
from dataclasses import replace

from deploy.local.stack_record import StackRecord
from tools.verify.erasures import erased_parties_are_blank
from tools.verify.evidence import Evidence, gather
from tools.verify.messages import (
    every_message_was_consumed,
    every_message_was_published,
    no_call_is_open,
)
from tools.verify.orders import every_order_has_ended

PAUSE_S = 0.2
ACTIVITY_CHECKS = (
    no_call_is_open,
    every_order_has_ended,
    every_message_was_published,
    every_message_was_consumed,
    erased_parties_are_blank,
)
"""What is broken while something is under way; the cheap ones first."""


def wait_until_quiescent(stack: StackRecord, timeout_s: float) -> bool:
    """Wait until nothing is under way; tell whether that came to be in time."""
    end = time.monotonic() + timeout_s
    with gather(stack) as evidence:
        while time.monotonic() < end:
            if is_quiescent(replace(evidence)):  # the same connections, and nothing known of before
                return True
            time.sleep(PAUSE_S)
    return False


def is_quiescent(evidence: Evidence) -> bool:
    """Tell whether nothing is under way."""
    return all(not any(sign(evidence)) for sign in ACTIVITY_CHECKS)
