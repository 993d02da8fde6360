"""The data that the invariants check: four databases, the elements, the APIs and the logs.

All access is read-only. No code of a service is used, so that a fault in it cannot hide
itself.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import httpx
import psycopg
from psycopg.rows import namedtuple_row

from deploy.local.stack_record import SERVICES, StackRecord
from services.console.client import TIME_OUT_S, Client, ssl_context, token_for
from shared.contracts import Envelope, read_envelope
from shared.security.development_keys import TENANT
from tools.verify.expected_state import ExpectedState

PUBLISHED = "SELECT body FROM outbox ORDER BY position"
FINAL = frozenset({"completed", "failed", "rejected", "cancelled", "partial"})
"""The final states of an order."""

Row = Any
"""A row of a table, its columns by name."""


@dataclass(frozen=True, slots=True)
class PostedOrder:
    """A POST of an order that was answered with 201."""

    order_id: UUID
    external_id: str = ""


@dataclass(frozen=True)
class StackData:
    """Access to all data of a stack."""

    stack: StackRecord
    posted: Sequence[PostedOrder]
    connections: Mapping[str, psycopg.Connection[Row]]
    viewer: Client
    http: httpx.Client
    """For requests without a token."""

    tenant: str = TENANT

    def rows(self, service: str, statement: LiteralString) -> list[Row]:
        """Return the rows of a query on a service's database."""
        return self.connections[service].execute(statement).fetchall()

    @cached_property
    def published(self) -> Mapping[str, Sequence[Envelope]]:
        """All messages that each service published, in order."""
        return {
            each: [read_envelope(row.body) for row in self.rows(each, PUBLISHED)]
            for each in SERVICES
        }

    @cached_property
    def expected_state(self) -> ExpectedState:
        """The fold of all published messages."""
        return ExpectedState.of(each for service in SERVICES for each in self.published[service])

    @cached_property
    def states(self) -> Mapping[UUID, str]:
        """The current state of each order."""
        found = self.rows("order", "SELECT order_id, state FROM order_progress")
        return {row.order_id: row.state for row in found}

    @property
    def has_elements(self) -> bool:
        """Return whether the stack has simulated elements."""
        return "elements" in self.stack.urls

    def read_simulator(self, path: str) -> Any:  # noqa: ANN401  any JSON document
        """Return the JSON of a response of the element simulator."""
        response = self.http.get(self.stack.urls["elements"] + path)
        return response.raise_for_status().json()

    @property
    def logs(self) -> Iterable[Path]:
        """The log files of the stack's processes."""
        return sorted(
            {path for line in self.stack.lines for path in Path(line.log).parent.iterdir()}
        )


@contextmanager
def open_stack_data(stack: StackRecord, posted: Sequence[PostedOrder] = ()) -> Iterator[StackData]:
    """Open the databases of a running stack, and yield access to all its data.

    Args:
        stack: the running stack.
        posted: the orders that are known to have been answered with 201.
    """
    home = Path(stack.lines[0].log).parents[1]
    viewer = Client(stack.urls, token_for("viewer", at=home))
    with ExitStack() as opened:
        connections = {
            service: opened.enter_context(
                psycopg.connect(
                    url.replace("+psycopg", ""), autocommit=True, row_factory=namedtuple_row
                )
            )
            for service, url in stack.databases.items()
        }
        opened.callback(viewer.http.close)
        http = opened.enter_context(httpx.Client(timeout=TIME_OUT_S, verify=ssl_context()))
        yield StackData(stack, posted, connections, viewer, http)
