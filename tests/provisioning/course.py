"""A plan on its way, for tests that tell it what happens."""

from services.provisioning.domain.advance import Event, advance
from services.provisioning.domain.blueprint import BlueprintStep
from services.provisioning.domain.people import Decided, Remedy
from services.provisioning.domain.plan import PlanState, StepState
from services.provisioning.domain.turn import Decision
from shared.calls.outbound_call import Attempt, AttemptAnswered, Result
from tests.provisioning.build import ORDER_ID, a_blueprint, accepted, assigned, begun, index


class Course:
    """A plan, and all that it has asked for."""

    def __init__(self, *steps: BlueprintStep) -> None:
        blueprint = a_blueprint(*steps)
        self.decision = begun(blueprint)
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
