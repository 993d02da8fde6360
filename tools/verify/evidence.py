"""What the invariants are held against: four databases, the elements, the APIs and the logs.

Everything is only read. It is looked at from outside, as an auditor does: no code of a service
takes part, so that a fault of theirs cannot hide itself.
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

from deploy.local.stack_record import StackRecord
from services.console.client import TIME_OUT_S, Client, ssl_context, token_for
from shared.contracts import Envelope, read_envelope
from shared.security.development_keys import TENANT
from tools.verify.expected_state import ExpectedState

SERVICES = ("order", "provisioning", "resources", "customer")
PUBLISHED = "SELECT body FROM outbox ORDER BY position"
FINAL = frozenset({"completed", "failed", "rejected", "cancelled", "partial"})
"""States in which nothing happens to an order any more."""

Row = Any
"""A row of a table, its columns by name."""


@dataclass(frozen=True, slots=True)
class PostedOrder:
    """A POST of an order that was answered with 201."""

    order_id: UUID
    external_id: str = ""


@dataclass(frozen=True)
class Evidence:
    """All that can be seen of a stack."""

    stack: StackRecord
    posted: Sequence[PostedOrder]
    connections: Mapping[str, psycopg.Connection[Row]]
    viewer: Client
    http: httpx.Client
    """For what asks for no token."""

    tenant: str = TENANT

    def rows(self, service: str, statement: LiteralString) -> list[Row]:
        """Return what a service's database has."""
        return self.connections[service].execute(statement).fetchall()

    @cached_property
    def published(self) -> Mapping[str, Sequence[Envelope]]:
        """All that each service ever told, in its order."""
        return {
            each: [read_envelope(row.body) for row in self.rows(each, PUBLISHED)]
            for each in SERVICES
        }

    @cached_property
    def expected_state(self) -> ExpectedState:
        """What all that was told comes to."""
        return ExpectedState.of(each for service in SERVICES for each in self.published[service])

    @cached_property
    def states(self) -> Mapping[UUID, str]:
        """Where each order stands."""
        found = self.rows("order", "SELECT order_id, state FROM order_progress")
        return {row.order_id: row.state for row in found}

    @property
    def has_elements(self) -> bool:
        """Tell whether there are simulated elements to look at."""
        return "elements" in self.stack.urls

    def element(self, path: str) -> Any:  # noqa: ANN401  any JSON document
        """Return what the element simulator answers."""
        answer = self.http.get(self.stack.urls["elements"] + path)
        return answer.raise_for_status().json()

    @property
    def logs(self) -> Iterable[Path]:
        """The files that the stack's processes write."""
        return sorted(
            {path for line in self.stack.lines for path in Path(line.log).parent.iterdir()}
        )


@contextmanager
def gather(stack: StackRecord, posted: Sequence[PostedOrder] = ()) -> Iterator[Evidence]:
    """Open the databases of a running stack, and give access to all else.

    Args:
        stack: what runs.
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
        yield Evidence(stack, posted, connections, viewer, http)
