"""The environment of a plan whose database is restored from a backup.

Published messages, elements, crews and the resource service keep their real state.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from services.provisioning.domain.advance import (
    PlanEvent,
    WorkOrderAccepted,
    WorkOrderDone,
    WorkOrderReturned,
)
from services.provisioning.domain.fallout.actions import FalloutDecision, possible_actions
from services.provisioning.domain.plan.assignment import ResourcesAnswer
from services.provisioning.domain.plan.modes import FINAL_STATES
from services.provisioning.domain.plan.plan import PlanState, StepState
from services.provisioning.domain.plan.takeover import UNDER_WAY, plan_as_published
from services.provisioning.domain.plan.working_plan import PlanUpdate, WorkOrderRequest
from services.provisioning.domain.scheduled_messages import StepTimerExpired
from shared.calls.outbound_call import OutboundCall, OutboundCallEnded
from shared.contracts import (
    FIRST_REQUEST,
    AssignmentRequested,
    ReleaseRequested,
    ResourcesAssigned,
    ResourcesRefused,
    ResourcesReleased,
    ServiceCompleted,
    ServiceFailed,
)
from tests.provisioning import plan_invariants
from tests.provisioning.backups import Backup, is_called_off, published_of_plan
from tests.provisioning.plan_environment import (
    Operation,
    PlanEnvironment,
    PossibleEvent,
)
from tests.provisioning.simulated_resources import (
    Answer,
    Published,
    PublishedMessage,
    SimulatedResources,
)


@dataclass
class RestoredEnvironment(PlanEnvironment):
    """The environment of a plan, with topics in both directions and a resource service."""

    resources: SimulatedResources = field(default_factory=SimulatedResources)
    requests: list[Published] = field(default_factory=list)
    """The topic of the plan, with the message of its end."""

    served_count: int = 0
    """How many of these the resource service has consumed."""

    replies: list[Answer] = field(default_factory=list)
    """The topic of the resource service."""

    consumed_count: int = 0
    """How many of these the plan has consumed."""

    timers: dict[str, str] = field(default_factory=dict)
    """The message id of each timer, by step."""

    cause: str = "order-accepted"
    """The id of the message or the request that is handled."""

    person_count: int = 0
    decided: list[FalloutDecision] = field(default_factory=list)
    taken_over: frozenset[str] = frozenset()
    """The ids of messages that were published before the restore: they are not published again."""

    replay_end: int = 0
    """The number of answers that are consumed before timers and calls go on."""

    elements: dict[str, str] = field(default_factory=dict)
    """Where steps were really done."""

    lost: frozenset[Operation] = frozenset()
    """What was performed between the backup and the restore."""

    to_decide_again: list[FalloutDecision] = field(default_factory=list)
    """What people decided in that time: they repeat it first (docs/restore.md)."""

    has_taken_over_end: bool = False

    def possible_events(self) -> Iterator[PossibleEvent]:
        """Yield what can happen next to the plan, apart from the resource service's work."""
        is_replaying = self.consumed_count < self.replay_end
        if self.consumed_count < len(self.replies):
            yield PossibleEvent(self.replies[self.consumed_count].message)
        for each in super().possible_events():
            match each.event:
                case FalloutDecision() as decision:
                    if decision == self.decision_to_repeat(decision):
                        yield each

                case WorkOrderAccepted() | WorkOrderDone() | WorkOrderReturned():
                    yield each

                case _:
                    if not is_replaying:
                        yield each

    def decision_to_repeat(self, new: FalloutDecision) -> FalloutDecision:
        """Return the lost decision about a step; the new one, if none was lost or is possible."""
        possible = possible_actions(self.plan, self.step(new.ref))
        lost = (each for each in self.to_decide_again if each.ref == new.ref)
        return next((each for each in lost if each.action in possible), new)

    def answers(self, work_order: WorkOrderRequest) -> Iterator[PossibleEvent]:
        """Yield the possible answers of a crew, which repeats the report of what it has done.

        It reports the undo of what was never done, and has done nothing.
        """
        work = Operation(work_order.step.ref, work_order.undo)
        is_real = not work.undo or work._replace(undo=False) in self.done
        for each in super().answers(work_order):
            if isinstance(each.event, WorkOrderDone):
                yield each if is_real and work not in self.done else PossibleEvent(each.event)
            elif work not in self.done:
                yield each

    def handle(self, possible_event: PossibleEvent) -> None:
        """Apply an event to the plan, and publish what it causes."""
        event = possible_event.event
        self.cause = self.cause_of(event)
        if isinstance(event, ResourcesAnswer):
            self.consumed_count += 1
        if isinstance(event, ResourcesAssigned) and event.request_id == FIRST_REQUEST:
            self.assigned = event
        if isinstance(event, FalloutDecision):
            self.decided.append(event)
            if event in self.to_decide_again:
                self.to_decide_again.remove(event)
        if possible_event.operation and isinstance(event, OutboundCallEnded):
            called = next(each for each in self.calls if each.id == event.attempt_id)
            self.elements[called.step] = called.element
        super().handle(possible_event)

    @property
    def calls(self) -> list[OutboundCall]:
        """The calls that are under way."""
        return [each for each in self.open if isinstance(each, OutboundCall)]

    def check_elements(self, update: PlanUpdate) -> None:
        """Check that what was really done is undone at the element that has it."""
        for call in update.calls:
            if call.undo and Operation(call.step, undo=True) not in self.done:
                assert self.elements.get(call.step, call.element) == call.element

    def cause_of(self, event: PlanEvent) -> str:
        """Return the id of an event's message: the same after a restore, unless a person acts."""
        match event:
            case OutboundCallEnded(attempt_id=call):
                return f"call {call}"
            case StepTimerExpired(step=ref):
                return self.timers[ref]
            case ResourcesAssigned() | ResourcesRefused() | ResourcesReleased():
                return self.replies[self.consumed_count].id
            case _:
                self.person_count += 1
                return f"person {self.person_count}"

    def repeat(self, event: PlanEvent) -> None:
        """Repeat an event, unless the inbox drops its repetition."""
        if not isinstance(event, ResourcesAnswer):
            super().repeat(event)

    def apply_update(self, update: PlanUpdate) -> None:
        """Publish the messages of an update, apart from those that were published before."""
        self.check_elements(update)
        for place, timer in enumerate(update.timers):
            self.timers[timer.ref] = f"{self.cause}/timer/{place}"
        for place, message in enumerate(update.messages, len(update.timers)):
            id_ = f"{self.cause}/{message.name}/{place}/{message.request_name}"
            if isinstance(message, PublishedMessage) and id_ not in self.taken_over:
                self.requests.append(Published(id_, message))
        super().apply_update(update)
        requests = AssignmentRequested | ReleaseRequested
        self.open = tuple(each for each in self.open if not isinstance(each, requests))

    @property
    def next_request(self) -> PublishedMessage | None:
        """The message that the resource service consumes next."""
        unserved = self.requests[self.served_count :]
        return unserved[0].message if unserved else None

    def serve(self, *, is_short: bool) -> None:
        """Let the resource service consume the next message."""
        id_, message = self.requests[self.served_count]
        self.served_count += 1
        if answer := self.resources.consume(message, is_short=is_short):
            self.replies.append(Answer(f"{id_}/{answer.name}", answer))

    def backup(self) -> Backup:
        """Return what the provisioning database holds now."""
        return Backup(
            self.plan,
            self.open,
            dict(self.timers),
            len(self.requests),
            self.consumed_count,
            self.done,
            len(self.decided),
        )

    def restore(self, backup: Backup, decisions_left: int) -> None:
        """Restore the provisioning database, and take over what was published since the backup."""
        published = self.requests[backup.published_count :]
        self.taken_over = frozenset(each.id for each in published)
        self.plan, self.timers = backup.plan, dict(backup.timers)
        self.open = tuple(
            replace(each, doubtful=True) if isinstance(each, OutboundCall) else each
            for each in backup.open
        )
        self.consumed_count, self.replay_end = backup.consumed_count, len(self.replies)
        self.lost = frozenset(self.done) - frozenset(backup.done)
        self.to_decide_again = self.decided[backup.decided_count :]
        self.decisions_left = decisions_left
        self.published = published_of_plan(self.plan)
        for each in published:
            if not isinstance(each.message, AssignmentRequested):
                self.take_over(each.message)

    def take_over(self, message: ReleaseRequested | ServiceCompleted | ServiceFailed) -> None:
        """Take a message over as the handler does: the order's open calls are called off."""
        self.open = tuple(each for each in self.open if not isinstance(each, OutboundCall))
        self.has_taken_over_end |= self.plan.state not in FINAL_STATES and not isinstance(
            message, ReleaseRequested
        )
        update = plan_as_published(self.plan, message)
        self.plan = update.plan
        self.published = published_of_plan(self.plan)
        self.apply_update(update)

    def check_act(self, operation: Operation) -> None:
        of_plan = [each for each in self.done if each.ref not in self.done_by_people]
        known = tuple(each for each in of_plan if not self.is_unknown(each))
        plan_invariants.check_act(self.plan, known, operation)

    def is_unknown(self, operation: Operation) -> bool:
        """Tell whether the restored plan cannot know that something was performed.

        No message says so, and since the restore it has not started the step, or has called
        its work order off before a crew repeated its report (docs/restore.md).
        """
        step = self.step(operation.ref)
        is_lost = operation._replace(undo=False) in self.lost
        return is_lost and (step.state is StepState.WAITING or is_called_off(step))

    def check_end(self) -> None:
        """Check nothing yet: the resource service may have to answer."""

    def check_outcome(self) -> None:
        """Check the plan, what was published, and what the resource service holds at the end."""
        plan, done = self.plan, [each for each in self.done if not self.is_unknown(each)]
        if plan.state is PlanState.COMPLETED:
            # An element does again from memory what was undone in the lost time (ADR 17).
            done = [each for each in done if not (each.undo and each in self.lost)]
        plan_invariants.check_end(plan, done, self.done_by_people)
        assert not [step.ref for step in plan.steps if step.state in UNDER_WAY], "no answer comes"
        messages = (each.message for each in self.requests)
        ends = [each for each in messages if isinstance(each, ServiceCompleted | ServiceFailed)]
        assert len(ends) == (plan.state in FINAL_STATES)
        for end in ends:
            assert isinstance(end, ServiceCompleted) == (plan.state is PlanState.COMPLETED)
        if plan.state is PlanState.COMPLETED and not self.has_taken_over_end:
            plan_invariants.check_holdings(plan, self.assigned)
        if plan.state in FINAL_STATES:
            self.resources.check_holdings(plan)
