"""Measure the cost of assigning one number, in pools of several sizes, on a separate database.

Run as `python -m tests.bench.assignment`; prints one JSON object. Batches of the sizes
alternate, so that other load on the machine affects all sizes alike.
"""

import gc
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from uuid import uuid4

from sqlalchemy import create_engine, text

from deploy.local.postgres import start_postgres
from services.resources import store
from services.resources.commands import assignment
from services.resources.domain.allocation.assignment_request import AssignmentRequest
from services.resources.domain.plant.plant import Address, Exchange, Segment
from shared.contracts import (
    AssignmentRequested,
    HoldAction,
    ItemNeeds,
    Need,
    ResourcesAssigned,
)
from shared.persistence.database import Sessions, make_sessions
from shared.persistence.migrate import migrate
from shared.runtime.run import GC_THRESHOLD

SIZES = (10_000, 100_000, 1_000_000)
BATCH = 200
BATCHES = 30
WARM_UP = 5
TENANT = "bench"
FIRST = 8_000_0000


def main() -> None:
    """Measure, and print microseconds a number by size, and the ratio of the extremes."""
    with tempfile.TemporaryDirectory() as folder:
        server = start_postgres(Path(folder) / "postgres")
        try:
            admin = create_engine(f"{server.url}/postgres", isolation_level="AUTOCOMMIT")
            with admin.connect() as connection:
                connection.execute(text("CREATE DATABASE resources"))
            admin.dispose()
            migrate("resources", f"{server.url}/resources")
            found = measure(make_sessions(f"{server.url}/resources"))
        finally:
            server.remove()
    sys.stdout.write(json.dumps(found))


def measure(sessions: Sessions) -> dict[str, float]:
    """Fill the pools and assign from them in turn."""
    first = FIRST
    for size in SIZES:
        fill(sessions, size, first)
        first += size
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)  # as in the services
    with sessions.kw["bind"].connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
    spent: dict[int, list[float]] = {size: [] for size in SIZES}
    for batch in range(WARM_UP + BATCHES):
        for size in SIZES:
            took = assign(sessions, [assignment_request(size) for _ in range(BATCH)])
            if batch >= WARM_UP:
                spent[size].append(1e6 * took / BATCH)
    cost = {size: median(spent[size]) for size in SIZES}
    by_size = {f"us_per_number_{size}": cost[size] for size in SIZES}
    return {"assignment_ratio": max(cost.values()) / min(cost.values())} | by_size


def fill(sessions: Sessions, size: int, first: int) -> None:
    """Create an exchange with `size` numbers, and an address that it serves."""
    name = f"exchange-{size}"
    with sessions.begin() as session:
        exchange = Exchange(
            id=name, name=name, local_network="025", city="南京市", district="玄武区"
        )
        segment = Segment(
            id=name, exchange_id=name, local_network="025", first=f"+8625{first}", count=size
        )
        address = Address(id=name, text=name, exchange_id=name, local_network="025")
        store.upsert_exchanges(session, TENANT, [exchange])
        store.upsert_segments(session, TENANT, [segment], known=())
        store.upsert_addresses(session, TENANT, [address])


def assignment_request(size: int) -> AssignmentRequest:
    """Return an order's request for one number of a pool."""
    needs = ItemNeeds(
        item_id="1",
        service_id=uuid4(),
        action=HoldAction.RESERVE,
        address_id=f"exchange-{size}",
        needs=(Need(kind="number"),),
    )
    return AssignmentRequest(
        TENANT, AssignmentRequested(order_id=uuid4(), client="bench", items=(needs,))
    )


def assign(sessions: Sessions, requests: Sequence[AssignmentRequest]) -> float:
    """Assign to a batch of orders; return how many seconds that and its commit took.

    Raises:
        AssertionError: if one of them did not get a number of its own.
    """
    start = time.perf_counter()
    with sessions.begin() as session:
        shares = assignment.assign(session, requests, datetime.now(UTC))
    took = time.perf_counter() - start
    answers = [share.answer for share in shares]
    given = {
        held.value
        for answer in answers
        if isinstance(answer, ResourcesAssigned)
        for item in answer.items
        for held in item.held
    }
    assert len(given) == len(requests), answers[:3]
    return took


if __name__ == "__main__":
    main()
