"""The tables of the provisioning service. No other service reads them.

They hold no personal data: crews get it from the customer service.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Dialect, Index, String, column, text
from sqlalchemy.orm import Mapped, mapped_column

from services.provisioning.domain.blueprint.blueprint import Blueprint
from services.provisioning.domain.fallout.fallout import FalloutState
from services.provisioning.domain.plan.graph import with_references
from services.provisioning.domain.plan.plan import PlanFailure, PlanItem, PlanState, PlanStep
from services.provisioning.domain.service import ServiceState
from services.provisioning.domain.work_order import WorkOrderState
from shared.contracts import Action, Characteristic, Held
from shared.persistence.database import Base, Instant, JsonBytes, enum_text, json_bytes
from shared.persistence.folded_name import folded_name
from shared.persistence.versioned_documents import EditionRow

PACKED_HELD = json_bytes(tuple[Held, ...])
PACKED_CHARACTERISTICS = json_bytes(tuple[Characteristic, ...])

ROOM_FOR_UPDATES = {"postgresql_with": {"fillfactor": "60", "toast_tuple_target": "8160"}}
"""Updates change no indexed column and find room for the new version on the same page. Rows stay
uncompressed: PostgreSQL would compress them from 2 KB on.
"""


class BlueprintRow(Base):
    """One version of a blueprint. Never changed."""

    __tablename__ = "blueprints"

    tenant: Mapped[str] = mapped_column(primary_key=True)
    specification: Mapped[str] = mapped_column(primary_key=True)
    business_action: Mapped[str] = mapped_column(String(32), primary_key=True, server_default="")
    """A trigger fills it in for rows that the previous version writes."""

    version: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[Action] = mapped_column(enum_text(Action))
    content: Mapped[Blueprint] = mapped_column(json_bytes(Blueprint))
    published_at: Mapped[datetime] = mapped_column(Instant)
    published_by: Mapped[str]


class BlueprintEditionRow(EditionRow):
    """The edition of one tenant's blueprints; it changes with every publication."""

    __tablename__ = "blueprint_editions"

    told: Mapped[bytes] = mapped_column(server_default="")
    """The edition that was published last."""


class KnownPoolKindsRow(Base):
    """The kinds of resources of one tenant, as the resource service published them last."""

    __tablename__ = "known_pool_kinds"

    tenant: Mapped[str] = mapped_column(primary_key=True)
    """Empty for the kinds of the release."""

    kinds: Mapped[tuple[str, ...]] = mapped_column(json_bytes(tuple[str, ...]))


class StoredSteps(JsonBytes):
    """The steps of a plan; those of the previous version get the references of predecessors."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(tuple[PlanStep, ...])

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[PlanStep, ...]:  # noqa: ANN401
        """Return the stored steps."""
        return with_references(super().process_result_value(value, dialect))


class PlanRow(Base):
    """One order's plan, and its progress."""

    __tablename__ = "plans"
    __table_args__ = (ROOM_FOR_UPDATES,)

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    local_network: Mapped[str]
    client: Mapped[str]
    customer_id: Mapped[str]
    priority: Mapped[int]
    state: Mapped[PlanState] = mapped_column(enum_text(PlanState))
    items: Mapped[tuple[PlanItem, ...]] = mapped_column(json_bytes(tuple[PlanItem, ...]))
    steps: Mapped[tuple[PlanStep, ...]] = mapped_column(StoredSteps())
    failure: Mapped[PlanFailure | None] = mapped_column(json_bytes(PlanFailure))
    made_at: Mapped[datetime] = mapped_column(Instant)
    revision: Mapped[int] = mapped_column(server_default="0")


class ServiceRow(Base):
    """One active or terminated service in the network."""

    __tablename__ = "services"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    local_network: Mapped[str]
    state: Mapped[ServiceState] = mapped_column(enum_text(ServiceState))
    specification: Mapped[str]
    blueprint_version: Mapped[int]
    catalogue_version: Mapped[int]
    customer_id: Mapped[str]
    product_id: Mapped[UUID]
    order_id: Mapped[UUID]
    item_id: Mapped[str]
    action: Mapped[Action] = mapped_column(enum_text(Action))
    address_id: Mapped[str]
    characteristics: Mapped[tuple[Characteristic, ...]] = mapped_column(PACKED_CHARACTERISTICS)
    held: Mapped[tuple[Held, ...]] = mapped_column(PACKED_HELD)
    elements: Mapped[tuple[str, ...]] = mapped_column(json_bytes(tuple[str, ...]))
    started_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    client: Mapped[str] = mapped_column(server_default="")
    """The owner; a trigger fills it in for rows that the previous release writes."""

    __table_args__ = (
        Index("ix_services_client", "tenant", "client", "customer_id", "id"),
        Index("ix_services_customer", "tenant", "customer_id", "id"),
        Index(
            *("ix_services_gone", "tenant", "customer_id", "id"),
            postgresql_where=ended_at.is_not(None),
        ),
        Index(
            *("ix_services_client_gone", "tenant", "client", "customer_id", "id"),
            postgresql_where=ended_at.is_not(None),
        ),
    )


URGENCY_COLUMNS = ("priority", "dispatched_at", "id")
"""The sort order of open work orders: the most urgent first."""

AGE_COLUMNS = ("dispatched_at", "id")
IS_OPEN, IS_CLOSED = "answered_at IS NULL", "answered_at IS NOT NULL"
FILTER_COLUMNS = {
    **{each: each for each in ("skill", "local_network", "client", "customer_id", "accepted_by")},
    "district_spelling": folded_name(column("district", String)),
}
"""By what a list of work orders of one state can be filtered."""


def work_order_indexes() -> Iterator[Index]:
    """Yield the indexes for lists of work orders.

    Open ones are few at any time, so indexes of them alone are small. A work order is written
    three times, when it is dispatched, accepted and answered: into an index of open ones twice,
    into one of closed ones once.
    """
    yield Index("ix_work_orders_state", "tenant", "state", *AGE_COLUMNS)
    yield Index(
        "ix_work_orders_open_state",
        "tenant",
        "state",
        *URGENCY_COLUMNS,
        postgresql_where=text(IS_OPEN),
    )
    for name, key in FILTER_COLUMNS.items():
        is_accepted = " AND accepted_by <> ''" if name == "accepted_by" else ""
        for state, where, order in (
            ("open", IS_OPEN, URGENCY_COLUMNS),
            ("closed", IS_CLOSED, AGE_COLUMNS),
        ):
            condition = text(where + is_accepted)
            columns = ("tenant", key, "state", *order)
            yield Index(f"ix_work_orders_{state}_{name}", *columns, postgresql_where=condition)


class WorkOrderRow(Base):
    """One work order."""

    __tablename__ = "work_orders"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    local_network: Mapped[str]
    order_id: Mapped[UUID] = mapped_column(index=True)
    step: Mapped[str]
    round: Mapped[int]
    undo: Mapped[bool]
    job: Mapped[str]
    title: Mapped[str]
    skill: Mapped[str]
    district: Mapped[str]
    specification: Mapped[str]
    service_id: Mapped[UUID]
    address_id: Mapped[str]
    parameters: Mapped[tuple[Characteristic, ...]] = mapped_column(PACKED_CHARACTERISTICS)
    held: Mapped[tuple[Held, ...]] = mapped_column(PACKED_HELD)
    priority: Mapped[int]
    state: Mapped[WorkOrderState] = mapped_column(enum_text(WorkOrderState))
    dispatched_at: Mapped[datetime] = mapped_column(Instant)
    accepted_at: Mapped[datetime | None] = mapped_column(Instant)
    accepted_by: Mapped[str]
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_by: Mapped[str]
    remark: Mapped[str]
    client: Mapped[str] = mapped_column(server_default="")
    """The owner of its order; a trigger fills it in for rows that the previous release writes."""

    customer_id: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (*work_order_indexes(),)


class FalloutRow(Base):
    """One step that was in fallout."""

    __tablename__ = "fallout"
    __table_args__ = (
        Index("ix_fallout_state", "tenant", "state", "opened_at", "id"),
        *(
            Index(f"ix_fallout_{name}", "tenant", "state", name, "opened_at", "id")
            for name in ("code", "element", "specification")
        ),
        Index(
            *("ix_fallout_spelling", "tenant", "state"),
            folded_name(column("element", String)),
            *("opened_at", "id"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    local_network: Mapped[str]
    order_id: Mapped[UUID] = mapped_column(index=True)
    step: Mapped[str]
    undoing: Mapped[bool]
    specification: Mapped[str]
    element: Mapped[str]
    code: Mapped[str]
    reason: Mapped[str]
    answer: Mapped[str]
    state: Mapped[FalloutState] = mapped_column(enum_text(FalloutState))
    times: Mapped[int]
    priority: Mapped[int]
    opened_at: Mapped[datetime] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    changed_by: Mapped[str]
    remark: Mapped[str]


class ElementRow(Base):
    """The call limits of one network element, over all tenants together."""

    __tablename__ = "elements"

    name: Mapped[str] = mapped_column(primary_key=True)
    concurrency: Mapped[int]
    per_second: Mapped[float]
    in_maintenance: Mapped[bool]
    reason: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(Instant)
    changed_by: Mapped[str]
