"""Pauses between tries grow by a factor up to a limit, and begin again after a success."""

from datetime import timedelta

from hypothesis import given as for_all
from hypothesis import strategies as st

from shared.backoff import Backoff, grown_pause

FIRST, LONGEST = timedelta(milliseconds=200), timedelta(seconds=5)


def seconds_of(backoff: Backoff, count: int) -> list[float]:
    """Return the next pauses, in seconds."""
    return [backoff.next_pause().total_seconds() for _ in range(count)]


def test_pauses_double_up_to_the_longest() -> None:
    assert seconds_of(Backoff(FIRST, LONGEST), 7) == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


def test_pauses_grow_by_another_factor() -> None:
    assert seconds_of(Backoff(FIRST, LONGEST, factor=1.5), 3) == [0.2, 0.3, 0.45]


def test_after_a_success_pauses_begin_again_with_the_first() -> None:
    backoff = Backoff(FIRST, LONGEST)
    seconds_of(backoff, 3)

    backoff.reset()

    assert backoff.pause == FIRST
    assert seconds_of(backoff, 2) == [0.2, 0.4]


def test_jitter_varies_a_pause_by_its_share_and_not_the_following_ones() -> None:
    backoff = Backoff(FIRST, LONGEST, jitter=0.3)
    for growth in (1, 2, 4, 8, 16, 25, 25):
        assert backoff.pause == growth * FIRST
        assert 0.7 * growth * FIRST <= backoff.next_pause() <= 1.3 * growth * FIRST


@for_all(st.integers(0, 100_000))
def test_an_outage_of_any_length_keeps_the_longest_pause(pauses: int) -> None:
    pause = grown_pause(FIRST, LONGEST, pauses)

    assert FIRST <= pause <= LONGEST
    assert pause == LONGEST or pauses < 5
