"""A trouble as shown by `/health/ready`, `/ops/v1/state` and `kaitong status --json FILE`."""

from typing import Self

from pydantic import BaseModel, ConfigDict

from shared.observability.troubles import Trouble, TroubleKind

EXAMPLE_TROUBLE = Trouble(
    kind=TroubleKind.PARKED,
    part="rule-broken",
    count=2,
    oldest_age_s=95.5,
    says="2 messages parked (rule-broken)",
    remedy="fix the cause, then POST /ops/v1/parked/POSITION/retry",
)
EXAMPLE_OUTAGE = Trouble(
    kind=TroubleKind.DATABASE_OUT,
    oldest_age_s=12.0,
    says="PostgreSQL refuses connections: requests are refused, messages wait",
    remedy="start it, or correct the host and port in KAITONG_DATABASE_ORDER",
)


class TroubleView(BaseModel):
    """One trouble with its remedy."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    kind: TroubleKind
    part: str
    """The element, topic, thread or reason of dead letters that it concerns; empty if undivided."""

    count: int
    """How many messages, orders, calls, ... it concerns."""

    oldest_age_s: float
    """For how many seconds; the longest, if it concerns several."""

    says: str
    remedy: str
    runbook: str
    """The runbook section that explains its meaning and remedy."""

    is_blocking: bool
    """Whether the process cannot serve requests because of it."""

    is_notice: bool
    """Whether it is normal so far, and only shown."""

    @classmethod
    def of(cls, trouble: Trouble) -> Self:
        """Show a trouble."""
        return cls(
            kind=trouble.kind,
            part=trouble.part,
            count=trouble.count,
            oldest_age_s=round(trouble.oldest_age_s, 1),
            says=trouble.says,
            remedy=trouble.remedy,
            runbook=trouble.runbook,
            is_blocking=trouble.is_blocking,
            is_notice=trouble.is_notice,
        )
