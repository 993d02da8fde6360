"""What operators are shown of a service. No customer is named: a message shows its type alone."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.health.monitor import HealthReport
from shared.health.trouble_view import EXAMPLE_TROUBLE, TroubleView
from shared.kafka.lag import Lag
from shared.messaging.dead_letters import DeadLetterRow
from shared.recovery.recovery_store import RecoveryRow


def view_config(**example: Any) -> ConfigDict:  # noqa: ANN401  JSON
    """Return how a view is described: its fields by the texts under them, and an example."""
    return ConfigDict(use_attribute_docstrings=True, json_schema_extra={"examples": [example]})


class StateView(BaseModel):
    """How a service is doing: what is wrong with it, and what waits in its database.

    A figure is null while the database, or Kafka for the lag, does not tell it.
    """

    model_config = view_config(
        service="order",
        relay_is_direct=True,
        unsent=0,
        oldest_unsent_s=0.0,
        parked=2,
        attempts_waiting=0,
        attempts_in_doubt=0,
        timers_due=0,
        lag=0,
        oldest_lag_s=0.0,
        troubles=[TroubleView.of(EXAMPLE_TROUBLE).model_dump(mode="json")],
    )

    service: str
    relay_is_direct: bool
    """Whether messages leave right after their commit: Kafka is there."""

    unsent: int | None
    oldest_unsent_s: float | None
    parked: int | None
    attempts_waiting: int | None
    """Calls of network elements that have not ended."""

    attempts_in_doubt: int | None
    timers_due: int | None
    lag: int | None
    """Messages that are not read yet."""

    oldest_lag_s: float | None
    """The age in seconds of the oldest of them."""

    troubles: list[TroubleView]
    """The same that `/health/ready` tells, and `/metrics` counts."""

    @classmethod
    def of(cls, service: str, is_direct: bool, report: HealthReport) -> "StateView":  # noqa: FBT001
        """Show a report."""
        database_counts, lag = report.database_counts, report.lag
        return cls(
            service=service,
            relay_is_direct=is_direct,
            unsent=database_counts and database_counts.unsent.count,
            oldest_unsent_s=database_counts and database_counts.unsent.oldest_s,
            parked=database_counts and database_counts.parked_total,
            attempts_waiting=database_counts and database_counts.open_calls,
            attempts_in_doubt=database_counts and database_counts.in_doubt.count,
            timers_due=database_counts and database_counts.timers_due.count,
            lag=lag and lag.records,
            oldest_lag_s=lag and lag.oldest_s,
            troubles=[TroubleView.of(each) for each in report.troubles],
        )


class JourneyEntryView(BaseModel):
    """One moment of a journey: a message that was told, or a state that changed."""

    model_config = view_config(
        at="2026-01-31T12:00:02Z",
        service="order",
        kind="order",
        what="",
        was="inProgress",
        became="completed",
        reason="",
        sequence=0,
        actor="",
    )

    at: datetime
    service: str
    kind: str
    """`message`, or what changed its state."""

    what: str
    """The message's type; of a change, the part of the order, the number or the pool item."""

    was: str = ""
    became: str = ""
    reason: str = ""
    sequence: int = 0
    """Of a message: its number among those of its owner and key."""

    actor: str = ""
    """Of a change: the person or program whose request made it so; empty where none did."""


class StoredDataView(BaseModel):
    """What a service holds, of all tenants, beside what it is shipped with."""

    model_config = view_config(service="order", holds=["order_progress", "orders", "submissions"])

    service: str
    holds: list[str]
    """The kinds of things that are there, by the names of their tables; none of an empty system."""


class ParkedView(BaseModel):
    """One message that waits for a person."""

    model_config = view_config(
        position=17,
        identity="0199a0c2-2222-7333-8444-123456789012",
        source="order/7",
        type="order.accepted.v1",
        key="0199a0c2111172228333123456789012",
        why="rule-broken",
        error="no blueprint carries out add of lan-line",
        parked_at="2026-01-31T12:00:01Z",
    )

    position: int
    identity: str
    source: str
    type: str
    key: str
    why: str
    error: str
    parked_at: datetime

    @classmethod
    def of(cls, row: DeadLetterRow) -> "ParkedView":
        """Show a row."""
        return cls(
            position=row.position,
            identity=row.identity,
            source=row.source,
            type=row.type,
            key=row.key.hex(),
            why=row.why,
            error=row.error,
            parked_at=row.parked_at,
        )


class LagView(BaseModel):
    """How much of what the others told a service has still to read, as Kafka has it."""

    model_config = view_config(
        records=5, oldest_s=1.5, by_partition={"order/7": 3, "resources/2": 2}
    )

    records: int
    oldest_s: float
    """The age in seconds of the oldest record that is not read."""

    by_partition: dict[str, int]
    """Only partitions of which something is left, `order/7`."""

    @classmethod
    def of(cls, lag: Lag) -> "LagView":
        """Show what Kafka told."""
        left = {source: each.count for source, each in lag.by_partition.items() if each.count}
        return cls(records=lag.records, oldest_s=round(lag.oldest_s, 1), by_partition=left)


class RedeliveryView(BaseModel):
    """What came of a retry."""

    model_config = view_config(handled=2, still_parked=0)

    handled: int
    still_parked: int


class RecoveryView(BaseModel):
    """One time that the database was found to be set back."""

    model_config = view_config(
        id="0199a0c2-2222-7333-8444-123456789012",
        noticed_at="2026-01-31T12:00:05Z",
        lost_from="2026-01-31T11:59:30Z",
        lost_until="2026-01-31T12:00:05Z",
        state="done",
        taken_over=57,
        replayed=211,
        missing="",
        ended_at="2026-01-31T12:00:09Z",
        acknowledged_at="2026-01-31T12:20:00Z",
        acknowledged_by="li.wei",
    )

    id: UUID
    noticed_at: datetime
    lost_from: datetime | None
    """The last change that the restored database has; null if it has none."""

    lost_until: datetime
    """When it was noticed: nothing was lost since."""

    state: str
    """`taking-over`, `replaying` or `done`."""

    taken_over: int
    """Messages of the service's own that were read back from its topics."""

    replayed: int
    """Messages of the others that were read once more."""

    missing: str
    """Partitions whose records the broker had deleted already; empty as a rule."""

    ended_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str
    """Empty for other tenants than the one that runs the installation."""

    def without_person(self) -> "RecoveryView":
        """Return it without the person who acknowledged it."""
        return self.model_copy(update={"acknowledged_by": ""})

    @classmethod
    def of(cls, row: RecoveryRow) -> "RecoveryView":
        """Show a row."""
        return cls(
            id=row.id,
            noticed_at=row.noticed_at,
            lost_from=row.lost_from,
            lost_until=row.noticed_at,
            state=row.state,
            taken_over=row.taken_over,
            replayed=row.replayed,
            missing=row.missing,
            ended_at=row.ended_at,
            acknowledged_at=row.acknowledged_at,
            acknowledged_by=row.acknowledged_by,
        )
