"""A running plan, for tests that feed it events."""

from collections.abc import Sequence

from services.provisioning.domain.advance import PlanEvent, advance
from services.provisioning.domain.blueprint.blueprint import BlueprintStep
from services.provisioning.domain.fallout.actions import FalloutAction, FalloutDecision
from services.provisioning.domain.plan.plan import PlanState, StepState
from services.provisioning.domain.plan.working_plan import PlanUpdate
from shared.calls.outbound_call import CallResult, OutboundCall, OutboundCallEnded
from tests.provisioning.builders import ORDER_ID, a_blueprint, accepted, assigned, index, planned


class PlanRun:
    """A plan, and all calls and messages that it has requested."""

    def __init__(self, *steps: BlueprintStep, needs: Sequence[str] = ("number", "pair")) -> None:
        blueprint = a_blueprint(*steps, needs=needs)
        self.update = planned(blueprint)
        self.calls: list[OutboundCall] = []
        self.published: list[object] = []
        self.handle(assigned(accepted(), index([blueprint])))

    def handle(self, event: PlanEvent) -> PlanUpdate:
        self.update = advance(self.update.plan, event)
        self.calls += self.update.calls
        self.published += self.update.messages
        return self.update

    def answer(self, kind: str, result: CallResult, code: str = "") -> PlanUpdate:
        """Let an element answer the latest call of a kind."""
        call = next(each for each in reversed(self.calls) if each.kind == kind)
        return self.handle(
            OutboundCallEnded(
                order_id=ORDER_ID,
                attempt_id=call.id,
                result=result,
                code=code,
                step=call.step,
                undo=call.undo,
                round=call.round,
            )
        )

    def decide(self, remedy: FalloutAction, ref: str) -> PlanUpdate:
        return self.handle(FalloutDecision(remedy, ref))

    @property
    def state(self) -> PlanState:
        return self.update.plan.state

    def step(self, ref: str) -> StepState:
        step = self.update.plan.step(ref)
        assert step
        return step.state

    def call_kinds(self) -> list[str]:
        return [call.kind for call in self.calls]
