"""The cause of a unit of work."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Causation:
    """The cause of a unit of work: a message, or a request from outside."""

    id: UUID
    correlation_id: UUID
    tenant: str
    local_network: str = ""
    """The area (本地网) of the work, by its area code; empty if there is none."""

    traceparent: str = ""
    """W3C trace context, passed on unread."""

    actor: str = ""
    """Of a request: the person or program that acts. Empty for what a message causes."""

    client: str = ""
    """Of a request: the client of the API that the actor acts through."""

    role: str = ""
    """Of a request: the role in which the actor acts."""
