"""Token buckets: a rate a second, with at most one second's worth at once.

One token is taken for each request or call. A bucket fills with time, and a new one is full.
Its owner stores the tokens, and the time for which they are valid.
"""


def capacity(per_second: float) -> float:
    """Return the tokens of a full bucket: one second's worth, and at least one."""
    return max(1.0, per_second)


def refilled(tokens: float, per_second: float, elapsed_s: float) -> float:
    """Return the tokens after some seconds; a clock that went backwards adds none."""
    return min(capacity(per_second), tokens + max(0.0, elapsed_s) * per_second)


def seconds_until_next(tokens: float, per_second: float) -> float:
    """Return how long it takes until a token can be taken; 0 if one is there."""
    return max(0.0, 1 - tokens) / per_second
