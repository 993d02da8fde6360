"""How a call goes on: decided without a clock, a network or a database."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from shared.calls.outbound_call import (
    FIRST_RETRY_DELAY,
    MAX_RETRY_DELAY,
    MAX_STATUS_QUERIES,
    PRIORITY_AGEING,
    UNKNOWN_OUTCOME,
    CallOutcome,
    CallResult,
    EndCall,
    OutboundCall,
    RetryCall,
    decide_after_call,
    decide_after_query,
    queue_rank,
    retry_delay,
)
from tests.conftest import NOON
from tests.shared.scripted_elements import an_outbound_call

DONE = CallOutcome(CallResult.DONE)
REFUSED = CallOutcome(CallResult.REFUSED, "no-such-port")
FAILED = CallOutcome(CallResult.FAILED, "busy")


@pytest.mark.parametrize("outcome", [DONE, REFUSED])
def test_an_answer_ends_the_attempt(outcome: CallOutcome) -> None:
    assert decide_after_call(an_outbound_call(), outcome) == EndCall(an_outbound_call(), outcome)


def test_a_failure_without_effect_is_tried_again() -> None:
    assert decide_after_call(an_outbound_call(), FAILED) == RetryCall(
        an_outbound_call(tries=1), FIRST_RETRY_DELAY, FAILED
    )


def test_a_call_without_an_answer_is_in_doubt_and_not_failed() -> None:
    assert decide_after_call(an_outbound_call(questions=3), UNKNOWN_OUTCOME) == RetryCall(
        an_outbound_call(doubtful=True), FIRST_RETRY_DELAY, UNKNOWN_OUTCOME
    )


def test_tries_are_bounded() -> None:
    last = an_outbound_call(tries=4, max_tries=5)

    assert decide_after_call(last, FAILED) == EndCall(
        an_outbound_call(tries=5, max_tries=5), FAILED
    )


@pytest.mark.parametrize("outcome", [DONE, REFUSED])
def test_what_the_element_knows_of_the_operation_ends_the_doubt(outcome: CallOutcome) -> None:
    assert decide_after_query(an_outbound_call(doubtful=True), outcome) == EndCall(
        an_outbound_call(), outcome
    )


def test_a_call_that_never_arrived_is_made_again() -> None:
    decision = decide_after_query(an_outbound_call(doubtful=True, questions=2), None)

    assert decision == RetryCall(an_outbound_call(tries=1), FIRST_RETRY_DELAY, decision.outcome)


def test_an_element_that_says_nothing_is_asked_again_and_not_called() -> None:
    decision = decide_after_query(an_outbound_call(doubtful=True), UNKNOWN_OUTCOME)

    assert decision == RetryCall(
        an_outbound_call(doubtful=True, questions=1), FIRST_RETRY_DELAY, UNKNOWN_OUTCOME
    )


def test_after_many_questions_in_vain_people_are_asked() -> None:
    asked = an_outbound_call(doubtful=True, questions=MAX_STATUS_QUERIES - 1)

    assert decide_after_query(asked, UNKNOWN_OUTCOME) == EndCall(asked, UNKNOWN_OUTCOME)


@for_all(st.integers(0, 1000))
def test_pauses_double_and_are_bounded(tries: int) -> None:
    assert FIRST_RETRY_DELAY <= retry_delay(tries) <= MAX_RETRY_DELAY
    assert retry_delay(tries + 1) in {2 * retry_delay(tries), retry_delay(tries), MAX_RETRY_DELAY}


@for_all(st.lists(st.sampled_from([DONE, REFUSED, FAILED, UNKNOWN_OUTCOME, None]), max_size=60))
def test_whatever_an_element_says_an_attempt_ends_and_keeps_its_operation(
    said: list[CallOutcome | None],
) -> None:
    """Failures and silence are bounded together, and only certainty ends as failed."""
    call = an_outbound_call()
    for outcome in [*said, *[UNKNOWN_OUTCOME] * 60]:
        decision = (
            decide_after_query(call, outcome)
            if call.doubtful
            else decide_after_call(call, outcome or UNKNOWN_OUTCOME)
        )
        assert decision.call.operation_id == call.operation_id
        if isinstance(decision, EndCall):
            assert not (decision.outcome.result is CallResult.FAILED and decision.call.doubtful)
            return
        call = decision.call
    msg = "it never ends"
    raise AssertionError(msg)


def test_the_urgent_come_first_and_nobody_is_last_for_ever() -> None:
    urgent, usual = an_outbound_call(priority=0), an_outbound_call(priority=4)

    assert queue_rank(urgent, NOON) < queue_rank(usual, NOON)
    assert queue_rank(urgent, NOON + 4 * PRIORITY_AGEING + timedelta(seconds=1)) > queue_rank(
        usual, NOON
    )


def test_an_attempt_is_another_than_the_operation_it_is_at() -> None:
    call: OutboundCall = an_outbound_call()

    assert call.id != call.operation_id
    assert isinstance(call.operation_id, UUID)
