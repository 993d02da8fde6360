"""What the runner needs of an adapter for network elements, and of the registry of adapters.

An adapter speaks one protocol; the kernel knows none. Adapters are made in the process that uses
them, after it was forked, and open their connections when they are called.
"""

from typing import ClassVar, Literal, Protocol, TypeAlias

from shared.calls.outbound_call import CallOutcome, OutboundCall
from shared.contracts.message_parts import ElementName


class PerformingAdapter(Protocol):
    """What all adapters do. A call that is cancelled leaves no connection behind."""

    async def perform(self, call: OutboundCall) -> CallOutcome:
        """Perform the operation; one that is repeated has no further effect.

        Raises:
            UnknownOutcomeError: if it is unknown whether it was done.
        """

    async def close(self) -> None:
        """Close all connections. The adapter is not used afterwards."""


class QueryableAdapter(PerformingAdapter, Protocol):
    """An adapter whose elements report what became of an operation."""

    repeatable: ClassVar[Literal[False]]

    async def query_outcome(self, call: OutboundCall) -> CallOutcome | None:
        """Return the outcome of the operation; None if the element has none.

        Raises:
            UnknownOutcomeError: if the element does not answer now.
            CannotQueryError: if it can never report it.
        """


class RepeatableAdapter(PerformingAdapter, Protocol):
    """An adapter whose operations are idempotent by themselves, and cannot be queried.

    A repeated operation leaves the element as the first one did, and is answered as the first
    one was. So an unknown outcome is found out by performing the same operation again.
    """

    repeatable: ClassVar[Literal[True]]


Adapter: TypeAlias = QueryableAdapter | RepeatableAdapter


class AdapterRegistry(Protocol):
    """The adapters of one process."""

    def adapter_of(self, element: ElementName) -> Adapter:
        """Return the adapter that speaks the element's protocol."""

    async def close(self) -> None:
        """Close all adapters, whether they were used or not."""
