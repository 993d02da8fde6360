"""The invariants of a stack that is idle, checked from outside, as an auditor does.

find_violations(stack)           all that is wrong, in words
check(stack, posted)             every invariant: how many things were checked, which are wrong
wait_until_quiescent(stack)      wait until nothing is under way
"""

from tools.verify.evidence import PostedOrder
from tools.verify.invariants import INVARIANTS, Finding, check, find_violations
from tools.verify.quiescence import wait_until_quiescent

__all__ = [
    "INVARIANTS",
    "Finding",
    "PostedOrder",
    "check",
    "find_violations",
    "wait_until_quiescent",
]
