"""What must be true of a stack at rest, whatever happened to it; checked from outside.

broken(stack)                    all that is wrong, in words
check(stack, posted)             every invariant with what was looked at and what was found
at_rest(stack)                   wait until nothing is under way, then check
"""

from services.console.invariants.checking import INVARIANTS, Finding, broken, check
from services.console.invariants.evidence import Posted
from services.console.invariants.rest import at_rest

__all__ = ["INVARIANTS", "Finding", "Posted", "at_rest", "broken", "check"]
