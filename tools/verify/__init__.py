"""The invariants of an idle stack, checked from outside, as an auditor does.

find_violations(stack)           a line for each violation
check(stack, posted)             for every invariant the number of checks and the faults
wait_until_quiescent(stack)      wait until the stack is idle
"""

from tools.verify.invariants import INVARIANTS, Finding, check, find_violations
from tools.verify.quiescence import wait_until_quiescent
from tools.verify.stack_data import PostedOrder

__all__ = [
    "INVARIANTS",
    "Finding",
    "PostedOrder",
    "check",
    "find_violations",
    "wait_until_quiescent",
]
