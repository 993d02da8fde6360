"""A token bucket holds at most one second's worth, and at least one token."""

from hypothesis import given as for_all
from hypothesis import strategies as st

from shared.token_bucket import capacity, refilled, seconds_until_next

rates = st.floats(0.01, 1000)


def test_a_bucket_fills_with_its_rate_up_to_one_second() -> None:
    assert [refilled(1.0, 4, seconds) for seconds in (0, 0.25, 0.5, 60)] == [1, 2, 3, 4]


def test_a_rate_below_one_a_second_still_allows_one() -> None:
    assert capacity(0.5) == 1
    assert refilled(0.0, 0.5, 2.0) == 1
    assert seconds_until_next(0.0, 0.5) == 2


def test_a_clock_that_goes_backwards_takes_no_tokens() -> None:
    assert refilled(1.0, 4, -10) == 1


@for_all(rates, st.lists(st.floats(0, 3), max_size=50))
def test_a_bucket_never_gives_more_than_its_rate_and_one_second(
    rate: float, pauses: list[float]
) -> None:
    tokens, taken = capacity(rate), 0
    for pause in pauses:
        tokens = refilled(tokens, rate, pause)
        while tokens >= 1:
            tokens, taken = tokens - 1, taken + 1

    assert taken <= capacity(rate) + sum(pauses) * rate + 1e-6


@for_all(rates, st.floats(0, 0.99))
def test_after_the_stated_seconds_a_token_is_there(rate: float, tokens: float) -> None:
    wait_s = seconds_until_next(tokens, rate)

    assert refilled(tokens, rate, wait_s) > 1 - 1e-9
