"""The cases: each is one measurement; the bench repeats them."""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from deploy.local import usage
from deploy.local.home import CHECKOUT
from deploy.local.stack_record import StackRecord
from services.console.client import Client
from services.console.orders import ORDERS
from tools.bench.completion import Completions
from tools.bench.field_crew import answer_work_orders
from tools.bench.figures import Figures, percentile
from tools.bench.load_generator import (
    LoadClient,
    OrderRequest,
    Target,
    post_at_rate,
    post_closed_loop,
)
from tools.bench.orders import InstalledProduct, fibre_orders, reference_orders
from tools.bench.plant import AddedPlant, address_id, raise_aaa_limit

RATE = 20.0
"""Orders a second of the paced cases."""

PACED_ORDERS = 300
"""Orders of one paced round."""

IDLE_S = 15.0
SETTLE_S = 1.0
"""Time for the last outbox records and offsets of a case, so that its CPU is counted in full."""


@dataclass
class BenchSystem:
    """A running stack that is ready to be measured."""

    record: StackRecord
    crm_token: str
    """A token with the CRM's role."""

    operator_token: str
    splitters: int
    per_second: float = 40
    """Orders a second of the even load, and of the paced wave."""

    suspends: int = 10_000
    """The products that a wave suspends."""

    fibre_products: list[InstalledProduct] = field(default_factory=list)
    """Those that cases change: each round changes the same ones."""

    completions: Completions = field(init=False)
    added_plant: AddedPlant = field(init=False)
    _fibre_orders: int = 0

    def __post_init__(self) -> None:
        """Connect to the order service's database."""
        self.completions = Completions(self.record.databases["order"])
        self.added_plant = AddedPlant(self.operator, self.splitters)

    @cached_property
    def operator(self) -> Client:
        """A client with the operator's role."""
        return Client(self.record.urls, self.operator_token)

    @property
    def target(self) -> Target:
        """The endpoint that orders are posted to."""
        return Target(int(self.record.urls["order"].rpartition(":")[2]), ORDERS, self.crm_token)

    @property
    def pids(self) -> Mapping[str, int]:
        """The processes of the stack, by name."""
        return {line.name: line.life.pid for line in self.record.lines}

    def next_fibre_orders(self, number: int) -> list[OrderRequest]:
        """Return `number` orders for fibre; each call continues where the last one ended."""
        first = self._fibre_orders
        self._fibre_orders += number
        return fibre_orders([address_id(n % self.splitters) for n in range(first, first + number)])


async def post_with_crew(
    system: BenchSystem, posting: Callable[[], "asyncio.Future[LoadClient]"]
) -> LoadClient:
    """Post orders while the crew answers work orders; return when all orders have completed."""
    already, stop = system.completions.count(), asyncio.Event()
    url, database = system.record.urls["provisioning"], system.record.databases["provisioning"]
    crew = asyncio.ensure_future(answer_work_orders(url, database, system.operator_token, stop))
    client = await posting()
    number = already + len(client.posted_at)
    await asyncio.to_thread(system.completions.wait_for, number, lambda: check_crew(crew))
    stop.set()
    await crew
    return client


def check_crew(crew: "asyncio.Future[None]") -> None:
    """Raise the crew's error, if it has failed."""
    if crew.done():
        crew.result()


def measure_saturated(
    system: BenchSystem, posts: Sequence[OrderRequest], *, crew: bool = False
) -> Figures:
    """Post as fast as the service answers; return the rate and the CPU for each order."""
    already, before = system.completions.count(), usage.read(system.pids)
    if crew:
        asyncio.run(
            post_with_crew(
                system, lambda: asyncio.ensure_future(post_closed_loop(system.target, posts))
            )
        )
    else:
        asyncio.run(post_closed_loop(system.target, posts))
        system.completions.wait_for(already + len(posts))
    took = time.monotonic() - before.at
    return {"orders_per_s": len(posts) / took} | cpu_per_order(system, before, len(posts))


def cpu_per_order(
    system: BenchSystem, before: usage.CpuReading, order_count: int
) -> dict[str, float]:
    """Return the CPU for each order, in total and by part of the stack."""
    time.sleep(SETTLE_S)
    used = usage.between(before, usage.read(system.pids))
    parts = used.ms_per(order_count)
    by_part = {f"cpu_ms_{part}": spent for part, spent in parts.items()}
    total = {"cpu_ms_per_order": sum(parts.values()), "other_cores": used.other_cores}
    return total | by_part


def measure_paced(
    system: BenchSystem, posts: Sequence[OrderRequest], *, crew: bool = False
) -> Figures:
    """Post at an even rate; return the time of orders from POST to completion."""
    already, before = system.completions.count(), usage.read(system.pids)
    if crew:
        posting = lambda: asyncio.ensure_future(post_at_rate(system.target, posts, RATE))  # noqa: E731
        client = asyncio.run(post_with_crew(system, posting))
    else:
        client = asyncio.run(post_at_rate(system.target, posts, RATE))
        system.completions.wait_for(already + len(posts))
    spent = cpu_per_order(system, before, len(posts))
    times = system.completions.times(list(client.posted_at))
    took_ms = [1000 * (times[key] - posted) for key, posted in client.posted_at.items()]
    percentiles = {"p50_ms": percentile(took_ms, 0.5), "p99_ms": percentile(took_ms, 0.99)}
    return percentiles | {"max_ms": max(took_ms)} | spent


def measure_reference(system: BenchSystem, order_count: int) -> Figures:
    """Measure the reference order at the highest rate."""
    return measure_saturated(system, reference_orders(order_count))


def measure_reference_20(system: BenchSystem, _: int) -> Figures:
    """Measure the reference order at an even 20 a second."""
    return measure_paced(system, reference_orders(PACED_ORDERS))


def measure_ftth(system: BenchSystem, order_count: int) -> Figures:
    """Measure fibre with elements over HTTP and work orders that are answered at once."""
    raise_aaa_limit(system.operator)
    return measure_saturated(
        system, system.next_fibre_orders(max(100, order_count // 4)), crew=True
    )


def measure_ftth_20(system: BenchSystem, _: int) -> Figures:
    """Measure fibre at an even 20 a second."""
    raise_aaa_limit(system.operator)
    return measure_paced(system, system.next_fibre_orders(PACED_ORDERS), crew=True)


def measure_idle(system: BenchSystem, _: int) -> Figures:
    """Measure the idle stack's CPU and memory."""
    time.sleep(SETTLE_S)
    before = usage.read(system.pids)
    time.sleep(IDLE_S)
    used = usage.between(before, usage.read(system.pids))
    shares = {f"core_share_{part}": spent / used.seconds for part, spent in used.parts.items()}
    memory = {f"pss_mb_{part}": mb for part, mb in usage.pss_mb(system.pids).items()}
    totals = {"core_share": used.total / used.seconds, "pss_mb": sum(memory.values())}
    return totals | shares | memory


def measure_start(_: BenchSystem, __: int) -> Figures:
    """Measure a separate demonstration: from the command to the first completed order."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "demo.json"
        command = [sys.executable, "-P", "-m", "services.console", "demo", "--orders", "12"]
        subprocess.run(  # noqa: S603
            [*command, "--json", str(result)], check=True, cwd=CHECKOUT, stdout=subprocess.DEVNULL
        )
        found = json.loads(result.read_bytes())
    return {figure: found[figure] for figure in ("first_order_s", "engines_s")}


def measure_assignment(_: BenchSystem, __: int) -> Figures:
    """Measure the cost of assigning a number in pools of ten thousand, 100,000 and a million."""
    command = [sys.executable, "-m", "tests.bench.assignment"]
    done = subprocess.run(  # noqa: S603
        command, check=True, cwd=CHECKOUT, stdout=subprocess.PIPE
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found
