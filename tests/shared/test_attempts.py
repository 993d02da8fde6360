"""How an attempt goes on: decided without a clock, a network or a database."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from shared.calls.outbound_call import (
    AGEING,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    MOST_QUESTIONS,
    UNKNOWN,
    Again,
    Attempt,
    End,
    Outcome,
    Result,
    after_call,
    after_question,
    pause_after,
    rank,
)
from tests.conftest import NOON
from tests.shared.elements import an_attempt

DONE = Outcome(Result.DONE)
REFUSED = Outcome(Result.REFUSED, "no-such-port")
FAILED = Outcome(Result.FAILED, "busy")


@pytest.mark.parametrize("outcome", [DONE, REFUSED])
def test_an_answer_ends_the_attempt(outcome: Outcome) -> None:
    assert after_call(an_attempt(), outcome) == End(an_attempt(), outcome)


def test_a_failure_without_effect_is_tried_again() -> None:
    assert after_call(an_attempt(), FAILED) == Again(an_attempt(tries=1), FIRST_PAUSE, FAILED)


def test_a_call_without_an_answer_is_in_doubt_and_not_failed() -> None:
    assert after_call(an_attempt(questions=3), UNKNOWN) == Again(
        an_attempt(doubtful=True), FIRST_PAUSE, UNKNOWN
    )


def test_tries_are_bounded() -> None:
    last = an_attempt(tries=4, max_tries=5)

    assert after_call(last, FAILED) == End(an_attempt(tries=5, max_tries=5), FAILED)


@pytest.mark.parametrize("outcome", [DONE, REFUSED])
def test_what_the_element_knows_of_the_operation_ends_the_doubt(outcome: Outcome) -> None:
    assert after_question(an_attempt(doubtful=True), outcome) == End(an_attempt(), outcome)


def test_a_call_that_never_arrived_is_made_again() -> None:
    verdict = after_question(an_attempt(doubtful=True, questions=2), None)

    assert verdict == Again(an_attempt(tries=1), FIRST_PAUSE, verdict.outcome)


def test_an_element_that_says_nothing_is_asked_again_and_not_called() -> None:
    verdict = after_question(an_attempt(doubtful=True), UNKNOWN)

    assert verdict == Again(an_attempt(doubtful=True, questions=1), FIRST_PAUSE, UNKNOWN)


def test_after_many_questions_in_vain_people_are_asked() -> None:
    asked = an_attempt(doubtful=True, questions=MOST_QUESTIONS - 1)

    assert after_question(asked, UNKNOWN) == End(asked, UNKNOWN)


@for_all(st.integers(0, 1000))
def test_pauses_double_and_are_bounded(tries: int) -> None:
    assert FIRST_PAUSE <= pause_after(tries) <= LONGEST_PAUSE
    assert pause_after(tries + 1) in {2 * pause_after(tries), pause_after(tries), LONGEST_PAUSE}


@for_all(st.lists(st.sampled_from([DONE, REFUSED, FAILED, UNKNOWN, None]), max_size=60))
def test_whatever_an_element_says_an_attempt_ends_and_keeps_its_operation(
    said: list[Outcome | None],
) -> None:
    """Failures and silence are bounded together, and only certainty ends as failed."""
    attempt = an_attempt()
    for outcome in [*said, *[UNKNOWN] * 60]:
        verdict = (
            after_question(attempt, outcome)
            if attempt.doubtful
            else after_call(attempt, outcome or UNKNOWN)
        )
        assert verdict.attempt.operation_id == attempt.operation_id
        if isinstance(verdict, End):
            assert not (verdict.outcome.result is Result.FAILED and verdict.attempt.doubtful)
            return
        attempt = verdict.attempt
    msg = "it never ends"
    raise AssertionError(msg)


def test_the_urgent_come_first_and_nobody_is_last_for_ever() -> None:
    urgent, usual = an_attempt(priority=0), an_attempt(priority=4)

    assert rank(urgent, NOON) < rank(usual, NOON)
    assert rank(urgent, NOON + 4 * AGEING + timedelta(seconds=1)) > rank(usual, NOON)


def test_an_attempt_is_another_than_the_operation_it_is_at() -> None:
    attempt: Attempt = an_attempt()

    assert attempt.id != attempt.operation_id
    assert isinstance(attempt.operation_id, UUID)
