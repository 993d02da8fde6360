"""Views of work orders, and of what they have in common with plans."""

from collections.abc import Iterable
from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import ConfigDict

from services.provisioning.api.examples import work_orders as examples
from services.provisioning.domain.work_order import WorkOrder, WorkOrderState
from shared.contracts import Characteristic, Held, Value
from shared.http.views import BaseView


class CharacteristicView(BaseView):
    """One characteristic."""

    name: str
    value: Value

    @classmethod
    def all(cls, characteristics: Iterable[Characteristic]) -> tuple[Self, ...]:
        """Show characteristics."""
        return tuple(cls(name=each.name, value=each.value) for each in characteristics)


class HeldResourceView(BaseView):
    """One resource that a service holds."""

    kind: str
    value: str
    element: str
    """The network element that it leads to, if any."""

    attributes: tuple[CharacteristicView, ...]

    @classmethod
    def all(cls, held: Iterable[Held]) -> tuple[Self, ...]:
        """Show held resources."""
        return tuple(
            cls(
                kind=each.kind,
                value=each.value,
                element=each.element,
                attributes=CharacteristicView.all(each.attributes),
            )
            for each in held
        )


class WorkOrderView(BaseView):
    """One work order."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.WORK_ORDER]})

    id: UUID
    order_id: UUID
    step: str
    round: int
    """The number of this dispatch of the step, from 1."""

    undo: bool
    """It undoes what an earlier work order has done."""

    state: WorkOrderState
    job: str
    title: str
    skill: str
    district: str
    local_network: str
    specification: str
    service_id: UUID
    address_id: str
    parameters: tuple[CharacteristicView, ...]
    held: tuple[HeldResourceView, ...]
    """The resources of the service: what to connect with what."""

    priority: int
    dispatched_at: datetime
    accepted_at: datetime | None
    accepted_by: str
    answered_at: datetime | None
    answered_by: str
    remark: str

    @classmethod
    def of(cls, order: WorkOrder) -> Self:
        """Show a work order."""
        return cls(
            id=order.id,
            order_id=order.order_id,
            step=order.step,
            round=order.round,
            undo=order.undo,
            state=order.state,
            job=order.job,
            title=order.title,
            skill=order.skill,
            district=order.district,
            local_network=order.local_network,
            specification=order.specification,
            service_id=order.service_id,
            address_id=order.address_id,
            parameters=CharacteristicView.all(order.parameters),
            held=HeldResourceView.all(order.held),
            priority=order.priority,
            dispatched_at=order.dispatched_at,
            accepted_at=order.accepted_at,
            accepted_by=order.accepted_by,
            answered_at=order.answered_at,
            answered_by=order.answered_by,
            remark=order.remark,
        )
