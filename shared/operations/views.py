"""Views of the operations API. They name no customer: a message shows only its type."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ConfigDict

from shared.health.monitor import HealthReport
from shared.health.trouble_view import EXAMPLE_TROUBLE, TroubleView
from shared.http.views import BaseView
from shared.kafka.lag import Lag
from shared.messaging.dead_letters import DeadLetterRow
from shared.recovery.recovery_store import RecoveryRow
from shared.version import VERSION


def view_config(**example: Any) -> ConfigDict:  # noqa: ANN401  JSON
    """Return the configuration of a view: an example for OpenAPI."""
    return ConfigDict(json_schema_extra={"examples": [example]})


class StateView(BaseView):
    """The state of a service: its troubles, and what waits in its database.

    A count is null while the database, or Kafka for the lag, does not answer.
    """

    model_config = view_config(
        service="order",
        version=VERSION,
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
    version: str
    """Of the code that the service runs."""

    relay_is_direct: bool
    """Whether messages are published right after their commit: Kafka is available."""

    unsent: int | None
    oldest_unsent_s: float | None
    parked: int | None
    attempts_waiting: int | None
    """Outbound calls that have not ended."""

    attempts_in_doubt: int | None
    timers_due: int | None
    lag: int | None
    """Messages that are not consumed yet."""

    oldest_lag_s: float | None
    """The age in seconds of the oldest of them."""

    troubles: list[TroubleView]
    """The same as in `/health/ready` and `/metrics`."""

    @classmethod
    def of(cls, service: str, is_direct: bool, report: HealthReport) -> "StateView":  # noqa: FBT001
        """Show a report."""
        database_counts, lag = report.database_counts, report.lag
        return cls(
            service=service,
            version=VERSION,
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


class JourneyEntryView(BaseView):
    """One entry of a journey: a published message, or a change of state."""

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
    """`message`, or the kind of what changed its state."""

    what: str
    """The type of a message; for a change, the part of the order, the number or the pool item."""

    was: str = ""
    became: str = ""
    reason: str = ""
    sequence: int = 0
    """The sequence number of a message within its owner and key."""

    actor: str = ""
    """The person or program whose request caused a change; empty if none did."""


class NonEmptyTablesView(BaseView):
    """The tables of a service that hold data of any tenant; shipped data does not count."""

    model_config = view_config(service="order", holds=["order_progress", "orders", "submissions"])

    service: str
    holds: list[str]
    """The names of the tables that hold data; none in an empty system."""


class ParkedView(BaseView):
    """One dead letter."""

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


class LagView(BaseView):
    """The lag of a service on the topics that it consumes, by Kafka's offsets."""

    model_config = view_config(
        records=5, oldest_s=1.5, by_partition={"order/7": 3, "resources/2": 2}
    )

    records: int
    oldest_s: float
    """The age in seconds of the oldest record that is not consumed."""

    by_partition: dict[str, int]
    """Only partitions with a lag, as `order/7`."""

    @classmethod
    def of(cls, lag: Lag) -> "LagView":
        """Show a lag."""
        by_partition = {
            source: each.count for source, each in lag.by_partition.items() if each.count
        }
        return cls(records=lag.records, oldest_s=round(lag.oldest_s, 1), by_partition=by_partition)


class RedeliveryView(BaseView):
    """The result of a redelivery."""

    model_config = view_config(handled=2, still_parked=0)

    handled: int
    still_parked: int


class RecoveryView(BaseView):
    """One recovery after the database was restored to an earlier state."""

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
    """When it was detected: nothing was lost since."""

    state: str
    """`taking-over`, `replaying` or `done`."""

    taken_over: int
    """The service's own messages that were taken over from its topics."""

    replayed: int
    """Messages of other services that were consumed again."""

    missing: str
    """Partitions whose records the broker had already deleted; usually empty."""

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
