"""How a plan moves: what follows when its steps go well, or do not."""

import pytest

from services.provisioning.domain.advance import (
    Accepted,
    Event,
    Reported,
    Returned,
    advance,
)
from services.provisioning.domain.blueprint import INLINE, BlueprintStep, NoReturn, OnFailure
from services.provisioning.domain.messages import PauseEnded
from services.provisioning.domain.people import Decided, Remedy, remedies_at
from services.provisioning.domain.plan import PlanState, StepState
from services.provisioning.domain.turn import Decision
from shared.attempts import Attempt, AttemptAnswered, Result
from shared.contracts import (
    RefusalCode,
    ReleaseRequested,
    ResourcesAssigned,
    ResourcesRefused,
    ResourcesReleased,
    ServiceFailed,
    ServiceHeld,
    ServiceResumed,
)
from shared.errors import ConflictError, NotFoundError, PoisonError
from tests.provisioning.build import ORDER_ID, a_blueprint, a_call, a_job, accepted, assigned, index
from tests.provisioning.build import begun as drafted

NEEDS_PEOPLE = OnFailure.PEOPLE


class Course:
    """A plan, and all that it has asked for."""

    def __init__(self, *steps: BlueprintStep) -> None:
        blueprint = a_blueprint(*steps)
        self.decision = drafted(blueprint)
        self.calls: list[Attempt] = []
        self.told: list[object] = []
        self.hear(assigned(accepted(), index([blueprint])))

    def hear(self, event: Event) -> Decision:
        self.decision = advance(self.decision.plan, event)
        self.calls += self.decision.calls
        self.told += self.decision.tell
        return self.decision

    def answer(self, kind: str, result: Result, code: str = "") -> Decision:
        """Let an element answer the latest call of a kind."""
        call = next(each for each in reversed(self.calls) if each.kind == kind)
        return self.hear(
            AttemptAnswered(order_id=ORDER_ID, attempt_id=call.id, result=result, code=code)
        )

    def decide(self, remedy: Remedy, ref: str) -> Decision:
        return self.hear(Decided(remedy, ref))

    @property
    def state(self) -> PlanState:
        return self.decision.plan.state

    def step(self, ref: str) -> StepState:
        position = self.decision.plan.position(ref)
        assert position is not None
        return self.decision.plan.steps[position].state

    def asked(self) -> list[str]:
        return [call.kind for call in self.calls]


def test_branches_run_side_by_side_and_what_needs_both_waits_for_both() -> None:
    course = Course(a_call("a"), a_call("b"), a_call("c", "a", "b"))
    assert course.asked() == ["create-a", "create-b"]

    course.answer("create-a", Result.DONE)
    assert course.asked() == ["create-a", "create-b"]
    course.answer("create-b", Result.DONE)

    assert course.asked()[-1] == "create-c"


def test_what_was_done_is_undone_last_things_first() -> None:
    course = Course(a_call("a"), a_call("b", "a"), a_call("c", "b"))
    for name in "ab":
        course.answer(f"create-{name}", Result.DONE)

    course.answer("create-c", Result.REFUSED, "no-port")
    assert course.asked()[3:] == ["delete-b"]
    course.answer("delete-b", Result.DONE)
    assert course.asked()[3:] == ["delete-b", "delete-a"]
    course.answer("delete-a", Result.DONE)
    assert isinstance(course.told[-1], ReleaseRequested)
    course.hear(ResourcesReleased(order_id=ORDER_ID))

    failed = course.told[-1]
    assert isinstance(failed, ServiceFailed)
    assert (failed.code, failed.step) == ("no-port", "1/c")
    assert failed.reason == "make the c: aaa refused"


def test_nothing_is_undone_while_a_step_is_under_way() -> None:
    course = Course(a_call("a"), a_call("b"), a_call("c"))
    course.answer("create-a", Result.DONE)

    course.answer("create-b", Result.FAILED)
    assert course.asked() == ["create-a", "create-b", "create-c"]
    course.answer("create-c", Result.DONE)

    assert set(course.asked()[3:]) == {"delete-a", "delete-c"}


def test_nothing_is_undone_while_nobody_knows_whether_a_step_was_done() -> None:
    course = Course(a_call("a"), a_call("b"), a_call("c"))
    course.answer("create-a", Result.DONE)
    course.answer("create-c", Result.UNDECIDED)

    course.answer("create-b", Result.FAILED)

    assert course.state is PlanState.UNDOING
    assert course.asked() == ["create-a", "create-b", "create-c"]
    assert remedies_at(course.decision.plan, "1/c") == [Remedy.RETRY, Remedy.SKIP]


def test_a_retry_of_what_nobody_can_tell_is_at_the_same_operation_and_asks_first() -> None:
    course = Course(a_call("a"))
    course.answer("create-a", Result.UNDECIDED)

    course.decide(Remedy.RETRY, "1/a")

    first, second = course.calls
    assert second.operation_id == first.operation_id
    assert second.id != first.id
    assert (first.doubtful, second.doubtful) == (False, True)


def test_a_retry_of_what_was_refused_is_at_a_new_operation() -> None:
    course = Course(a_call("a", on_failure=NEEDS_PEOPLE))
    course.answer("create-a", Result.REFUSED, "busy")

    course.decide(Remedy.RETRY, "1/a")

    first, second = course.calls
    assert second.operation_id != first.operation_id
    assert not second.doubtful


def test_people_are_called_and_the_plan_goes_on_when_they_are_done() -> None:
    course = Course(a_call("a", on_failure=NEEDS_PEOPLE))

    course.answer("create-a", Result.REFUSED, "busy")
    held = course.told[-1]
    course.decide(Remedy.RETRY, "1/a")

    assert isinstance(held, ServiceHeld)
    assert (held.step, held.code, held.reason) == ("1/a", "busy", "make the a: aaa refused")
    assert isinstance(course.told[-1], ServiceResumed)


def test_a_second_branch_in_fallout_is_not_told_again() -> None:
    course = Course(a_call("a", on_failure=NEEDS_PEOPLE), a_call("b", on_failure=NEEDS_PEOPLE))

    course.answer("create-a", Result.REFUSED)
    course.answer("create-b", Result.REFUSED)
    course.decide(Remedy.SKIP, "1/a")

    assert [type(each) for each in course.told] == [ServiceHeld]


def test_a_skipped_step_lets_the_next_begin() -> None:
    course = Course(a_call("a", on_failure=NEEDS_PEOPLE), a_call("b", "a"))
    course.answer("create-a", Result.REFUSED)

    course.decide(Remedy.SKIP, "1/a")

    assert course.asked()[-1] == "create-b"


def test_a_step_whose_failure_is_skipped_calls_nobody() -> None:
    course = Course(a_call("a", on_failure=OnFailure.SKIP), a_call("b", "a"))

    course.answer("create-a", Result.FAILED)

    assert course.step("1/a") is StepState.SKIPPED
    assert course.asked()[-1] == "create-b"


def test_what_may_have_been_done_is_undone_when_people_give_the_order_up() -> None:
    course = Course(a_call("a"))
    course.answer("create-a", Result.UNDECIDED)

    course.decide(Remedy.FAIL, "1/a")
    assert course.asked()[-1] == "delete-a"
    course.answer("delete-a", Result.REFUSED, "a-missing")

    assert course.step("1/a") is StepState.UNDONE
    assert isinstance(course.told[-1], ReleaseRequested)


def test_what_cannot_be_undone_goes_to_people_who_cannot_fail_it_again() -> None:
    course = Course(a_call("a"), a_call("b", "a"))
    course.answer("create-a", Result.DONE)
    course.answer("create-b", Result.REFUSED)

    course.answer("delete-a", Result.REFUSED, "locked")

    assert course.step("1/a") is StepState.FALLOUT
    assert remedies_at(course.decision.plan, "1/a") == [Remedy.RETRY, Remedy.SKIP]
    with pytest.raises(ConflictError):
        course.decide(Remedy.FAIL, "1/a")


def test_a_skipped_undo_is_left_to_people_and_the_rest_is_undone() -> None:
    course = Course(a_call("a"), a_call("b", "a"))
    course.answer("create-a", Result.DONE)
    course.answer("create-b", Result.REFUSED)
    course.answer("delete-a", Result.FAILED)

    course.decide(Remedy.SKIP, "1/a")
    course.hear(ResourcesReleased(order_id=ORDER_ID))

    assert course.state is PlanState.FAILED
    assert course.asked().count("delete-a") == 1


@pytest.mark.parametrize("ponr", [NoReturn.SOFT, NoReturn.HARD])
def test_behind_a_point_of_no_return_nothing_is_undone_by_itself(ponr: NoReturn) -> None:
    course = Course(a_call("a", ponr=ponr), a_call("b", "a"))
    course.answer("create-a", Result.DONE)

    course.answer("create-b", Result.REFUSED)

    assert course.state is PlanState.RUNNING
    assert course.step("1/b") is StepState.FALLOUT


def test_a_step_that_was_not_done_passes_no_point_of_no_return() -> None:
    course = Course(a_call("a", ponr=NoReturn.HARD))

    course.answer("create-a", Result.REFUSED)

    assert course.state is PlanState.UNDOING


def test_people_may_go_back_behind_a_soft_point_of_no_return_only() -> None:
    soft, hard = (Course(a_call("a", ponr=each), a_call("b", "a")) for each in NoReturn)
    for course in (soft, hard):
        course.answer("create-a", Result.DONE)
        course.answer("create-b", Result.REFUSED)

    soft.decide(Remedy.FAIL, "1/b")
    assert soft.state is PlanState.UNDOING
    with pytest.raises(ConflictError) as refusal:
        hard.decide(Remedy.FAIL, "1/b")
    assert refusal.value.remedy == "decide one of: retry, skip"


def test_a_step_on_the_element_in_process_is_done_at_once_both_ways() -> None:
    course = Course(a_call("a", element=INLINE), a_call("b", "a"))
    assert course.step("1/a") is StepState.DONE

    course.answer("create-b", Result.REFUSED)

    assert course.step("1/a") is StepState.UNDONE
    assert course.asked() == ["create-b"]


def test_a_crew_that_came_back_is_followed_by_another_as_often_as_is_drawn() -> None:
    course = Course(a_job("install", tries=2, on_failure=NEEDS_PEOPLE))
    course.hear(Returned("1/install", undo=False, round=1, reason="nobody at home"))
    assert len(course.decision.jobs) == 1

    course.hear(Returned("1/install", undo=False, round=2, reason="nobody at home"))

    assert course.step("1/install") is StepState.FALLOUT
    held = course.told[-1]
    assert isinstance(held, ServiceHeld)
    assert held.code == "returned"


def test_a_crew_that_nobody_has_begun_with_is_called_off_when_the_order_fails() -> None:
    course = Course(a_job("install"), a_call("a"))

    course.answer("create-a", Result.REFUSED)

    assert len(course.decision.voided) == 1
    assert course.step("1/install") is StepState.UNDONE


def test_a_crew_that_has_begun_is_waited_for_and_then_undone() -> None:
    course = Course(a_job("install"), a_call("a"))
    course.hear(Accepted("1/install", undo=False, round=1))

    course.answer("create-a", Result.REFUSED)
    assert course.decision.voided == ()
    course.hear(Reported("1/install", undo=False, round=1))

    (job,) = course.decision.jobs
    assert job.undo


def test_a_parameter_of_which_nothing_is_known_is_told_in_plain_words() -> None:
    step = a_call("a", element="$leg.element", on_failure=NEEDS_PEOPLE)

    course = Course(step)

    held = course.told[-1]
    assert isinstance(held, ServiceHeld)
    assert held.code == "parameter-missing"
    assert "$leg.element" in held.reason


def test_what_was_answered_for_an_earlier_round_changes_nothing() -> None:
    course = Course(a_call("a", on_failure=NEEDS_PEOPLE))
    course.answer("create-a", Result.FAILED)
    first = course.calls[0]
    course.decide(Remedy.RETRY, "1/a")
    plan = course.decision.plan

    late = AttemptAnswered(order_id=ORDER_ID, attempt_id=first.id, result=Result.DONE)

    assert advance(plan, late) == Decision(plan)


REFUSAL = ResourcesRefused(order_id=ORDER_ID, code=RefusalCode.NONE_FREE, reason="no pair")
NEVER: list[Event] = [
    REFUSAL,
    ResourcesReleased(order_id=ORDER_ID),
    AttemptAnswered(order_id=ORDER_ID, attempt_id=ORDER_ID, result=Result.DONE),
    PauseEnded(order_id=ORDER_ID, step="1/unheard-of"),
    Reported("1/unheard-of", undo=False, round=1),
]


@pytest.mark.parametrize("event", NEVER)
def test_what_can_never_be_legal_raises(event: Event) -> None:
    course = Course(a_call("a"))

    with pytest.raises(PoisonError):
        course.hear(event)


def test_an_order_refused_cannot_be_assigned_later() -> None:
    plan = advance(drafted(a_blueprint()).plan, REFUSAL).plan

    with pytest.raises(PoisonError):
        advance(plan, ResourcesAssigned(order_id=ORDER_ID, items=()))


def test_only_what_is_in_fallout_can_be_decided() -> None:
    course = Course(a_call("a"))

    with pytest.raises(ConflictError):
        course.decide(Remedy.SKIP, "1/a")
    with pytest.raises(NotFoundError):
        course.decide(Remedy.SKIP, "1/unheard-of")
