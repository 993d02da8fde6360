"""Views of steps in fallout."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import ConfigDict

from services.provisioning.api.examples import fallout as examples
from services.provisioning.domain.fallout import actions
from services.provisioning.domain.fallout.actions import FalloutAction
from services.provisioning.domain.fallout.fallout import Fallout, FalloutState
from services.provisioning.domain.plan.plan import Plan
from shared.http.views import BaseView


class FalloutView(BaseView):
    """One step that failed, and the outcome of its fallout."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.FALLOUT]})

    id: UUID
    order_id: UUID
    step: str
    undoing: bool
    """It failed while it was being undone."""

    state: FalloutState
    code: str
    reason: str
    """In plain words."""

    answer: str
    """The raw answer of the element, or of the crew."""

    actions: tuple[FalloutAction, ...]
    """The actions that are possible now."""

    specification: str
    element: str
    local_network: str
    priority: int
    times: int
    """How often it went to fallout."""

    opened_at: datetime
    changed_at: datetime
    changed_by: str
    remark: str

    @classmethod
    def of(cls, fallout: Fallout, plan: Plan) -> Self:
        """Show the record of a step of a plan."""
        return cls(
            id=fallout.id,
            order_id=fallout.order_id,
            step=fallout.step,
            undoing=fallout.undoing,
            state=fallout.state,
            code=fallout.code,
            reason=fallout.reason,
            answer=fallout.answer,
            actions=tuple(actions.possible_actions_at(plan, fallout.step)),
            specification=fallout.specification,
            element=fallout.element,
            local_network=fallout.local_network,
            priority=fallout.priority,
            times=fallout.times,
            opened_at=fallout.opened_at,
            changed_at=fallout.changed_at,
            changed_by=fallout.changed_by,
            remark=fallout.remark,
        )
