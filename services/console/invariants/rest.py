"""When a stack is at rest: nothing waits to be sent, heard or done."""

import time
from dataclasses import replace

from deploy.local.record import Record
from services.console.invariants.erasures import who_was_erased_is_blank
from services.console.invariants.evidence import Evidence, gather
from services.console.invariants.messages import (
    everything_was_heard,
    everything_was_sent,
    no_call_is_open,
)
from services.console.invariants.orders import every_order_has_ended

PAUSE_S = 0.2
SIGNS = (
    no_call_is_open,
    every_order_has_ended,
    everything_was_sent,
    everything_was_heard,
    who_was_erased_is_blank,
)
"""What is broken while something is under way; the cheap ones first."""


def at_rest(stack: Record, timeout_s: float) -> bool:
    """Wait until nothing is under way; tell whether that came to be in time."""
    end = time.monotonic() + timeout_s
    with gather(stack) as evidence:
        while time.monotonic() < end:
            if is_at_rest(replace(evidence)):  # the same connections, and nothing known of before
                return True
            time.sleep(PAUSE_S)
    return False


def is_at_rest(evidence: Evidence) -> bool:
    """Tell whether nothing is under way."""
    return all(not any(sign(evidence)) for sign in SIGNS)
