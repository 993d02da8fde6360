"""The next step of a call: decided without a clock, a network or a database."""

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
    ContinueCall,
    EndCall,
    OutboundCall,
    aged_queue_time,
    decide_after_call,
    decide_after_query,
    decide_after_repetition,
    retry_delay,
)
from tests.conftest import NOON
from tests.shared.scripted_elements import an_outbound_call

DONE = CallOutcome(CallResult.DONE)
REFUSED = CallOutcome(CallResult.REFUSED, "no-such-port")
FAILED = CallOutcome(CallResult.FAILED, "busy")


@pytest.mark.parametrize("outcome", [DONE, REFUSED])
def test_an_answer_ends_the_call(outcome: CallOutcome) -> None:
    assert decide_after_call(an_outbound_call(), outcome) == EndCall(an_outbound_call(), outcome)


def test_a_failure_without_effect_is_tried_again() -> None:
    assert decide_after_call(an_outbound_call(), FAILED) == ContinueCall(
        an_outbound_call(tries=1), FIRST_RETRY_DELAY, FAILED
    )


def test_a_call_without_an_answer_is_in_doubt_and_not_failed() -> None:
    assert decide_after_call(an_outbound_call(questions=3), UNKNOWN_OUTCOME) == ContinueCall(
        an_outbound_call(doubtful=True), FIRST_RETRY_DELAY, UNKNOWN_OUTCOME
    )


def test_tries_are_bounded() -> None:
    last = an_outbound_call(tries=4, max_tries=5)

    assert decide_after_call(last, FAILED) == EndCall(
        an_outbound_call(tries=5, max_tries=5), FAILED
    )


@pytest.mark.parametrize("outcome", [DONE, REFUSED])
def test_a_known_outcome_of_the_operation_ends_the_doubt(outcome: CallOutcome) -> None:
    assert decide_after_query(an_outbound_call(doubtful=True), outcome) == EndCall(
        an_outbound_call(), outcome
    )


def test_a_call_that_never_arrived_is_made_again() -> None:
    decision = decide_after_query(an_outbound_call(doubtful=True, questions=2), None)

    assert decision == ContinueCall(an_outbound_call(tries=1), FIRST_RETRY_DELAY, decision.outcome)


def test_an_element_that_does_not_answer_is_queried_again_and_not_called() -> None:
    decision = decide_after_query(an_outbound_call(doubtful=True), UNKNOWN_OUTCOME)

    assert decision == ContinueCall(
        an_outbound_call(doubtful=True, questions=1), FIRST_RETRY_DELAY, UNKNOWN_OUTCOME
    )


def test_after_the_last_query_without_an_answer_the_outcome_stays_unknown() -> None:
    queried = an_outbound_call(doubtful=True, questions=MAX_STATUS_QUERIES - 1)

    assert decide_after_query(queried, UNKNOWN_OUTCOME) == EndCall(queried, UNKNOWN_OUTCOME)


@pytest.mark.parametrize("outcome", [DONE, REFUSED])
def test_a_repeated_operation_that_is_answered_ends_the_call(outcome: CallOutcome) -> None:
    doubtful = an_outbound_call(doubtful=True, questions=2)

    assert decide_after_repetition(doubtful, outcome) == EndCall(
        an_outbound_call(questions=2), outcome
    )


@pytest.mark.parametrize("outcome", [FAILED, UNKNOWN_OUTCOME])
def test_a_repetition_without_effect_says_nothing_of_the_operation_before(
    outcome: CallOutcome,
) -> None:
    decision = decide_after_repetition(an_outbound_call(doubtful=True), outcome)

    unknown = outcome._replace(result=CallResult.UNDECIDED)
    assert decision == ContinueCall(
        an_outbound_call(doubtful=True, questions=1), FIRST_RETRY_DELAY, unknown
    )


@for_all(st.integers(0, 1000))
def test_pauses_double_and_are_bounded(tries: int) -> None:
    assert FIRST_RETRY_DELAY <= retry_delay(tries) <= MAX_RETRY_DELAY
    assert retry_delay(tries + 1) in {2 * retry_delay(tries), retry_delay(tries), MAX_RETRY_DELAY}


@for_all(
    st.booleans(),
    st.lists(st.sampled_from([DONE, REFUSED, FAILED, UNKNOWN_OUTCOME, None]), max_size=60),
)
def test_a_call_ends_and_keeps_its_operation_id_whatever_the_element_answers(
    is_repeatable: bool,  # noqa: FBT001  drawn
    outcomes: list[CallOutcome | None],
) -> None:
    """Failed tries and unanswered queries are bounded; a call in doubt never ends as failed."""
    call = an_outbound_call()
    for outcome in [*outcomes, *[UNKNOWN_OUTCOME] * 60]:
        if not call.doubtful:
            decision = decide_after_call(call, outcome or UNKNOWN_OUTCOME)
        elif is_repeatable:
            decision = decide_after_repetition(call, outcome or UNKNOWN_OUTCOME)
            assert isinstance(decision, EndCall) or decision.call.doubtful
        else:
            decision = decide_after_query(call, outcome)
        assert decision.call.operation_id == call.operation_id
        if isinstance(decision, EndCall):
            assert not (decision.outcome.result is CallResult.FAILED and decision.call.doubtful)
            return
        call = decision.call
    msg = "it never ends"
    raise AssertionError(msg)


def test_urgent_calls_come_first_and_none_starves() -> None:
    urgent, normal = an_outbound_call(priority=0), an_outbound_call(priority=4)

    assert aged_queue_time(urgent, NOON) < aged_queue_time(normal, NOON)
    assert aged_queue_time(
        urgent, NOON + 4 * PRIORITY_AGEING + timedelta(seconds=1)
    ) > aged_queue_time(normal, NOON)


def test_a_call_has_another_id_than_its_operation() -> None:
    call: OutboundCall = an_outbound_call()

    assert call.id != call.operation_id
    assert isinstance(call.operation_id, UUID)
