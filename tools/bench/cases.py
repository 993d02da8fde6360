"""The cases: each measures one thing once; the bench repeats them."""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
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
from tools.bench.workload import fibre_orders, raise_aaa_limit, reference_orders

RATE = 20.0
"""Orders a second of the paced cases."""

PACED_ORDERS = 300
"""Orders of one paced round."""

IDLE_S = 15.0
SETTLE_S = 1.0
"""What a case leaves behind (marks, acknowledgements) still belongs to it."""

SERVICES = ("order", "provisioning", "resources", "customer")


@dataclass
class BenchSystem:
    """A running stack, made ready to be measured."""

    record: StackRecord
    crm_token: str
    """A token of the CRM's."""

    operator_token: str
    splitters: int
    per_second: float = 40
    """The rate of the even load."""

    completions: Completions = field(init=False)
    _fibre_rounds: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        """Open the order service's database."""
        self.completions = Completions(self.record.databases["order"])

    @property
    def target(self) -> Target:
        """Where orders are posted."""
        return Target(int(self.record.urls["order"].rpartition(":")[2]), ORDERS, self.crm_token)

    @property
    def pids(self) -> Mapping[str, int]:
        """The processes of the stack, by name."""
        return {line.name: line.life.pid for line in self.record.lines}

    def next_fibre_orders(self, number: int) -> list[OrderRequest]:
        """Return so many orders for fibre, each round at other addresses."""
        start = next(self._fibre_rounds) * number
        return fibre_orders(number, start, self.splitters)


async def post_with_crew(
    site: BenchSystem, posting: Callable[[], "asyncio.Future[LoadClient]"]
) -> LoadClient:
    """Post while the field force answers work orders; return when all has completed."""
    already, stop = site.completions.count(), asyncio.Event()
    url, database = site.record.urls["provisioning"], site.record.databases["provisioning"]
    crew = asyncio.ensure_future(answer_work_orders(url, database, site.operator_token, stop))
    customer = await posting()
    number = already + len(customer.posted_at)
    await asyncio.to_thread(site.completions.wait_for, number, lambda: check_crew(crew))
    stop.set()
    await crew
    return customer


def check_crew(crew: "asyncio.Future[None]") -> None:
    """Fail with what ended the crew, if it has ended."""
    if crew.done():
        crew.result()


def measure_saturated(
    site: BenchSystem, posts: Sequence[OrderRequest], *, crew: bool = False
) -> Figures:
    """Post as fast as the service answers; return the rate and the CPU of an order."""
    already, before = site.completions.count(), usage.read(site.pids)
    if crew:
        asyncio.run(
            post_with_crew(
                site, lambda: asyncio.ensure_future(post_closed_loop(site.target, posts))
            )
        )
    else:
        asyncio.run(post_closed_loop(site.target, posts))
        site.completions.wait_for(already + len(posts))
    took = time.monotonic() - before.at
    return {"orders_per_s": len(posts) / took} | cpu_per_order(site, before, len(posts))


def cpu_per_order(site: BenchSystem, before: usage.CpuReading, orders: int) -> dict[str, float]:
    """Return the CPU of each order, in all and by part."""
    time.sleep(SETTLE_S)
    used = usage.between(before, usage.read(site.pids))
    parts = used.ms_per(orders)
    by_part = {f"cpu_ms_{part}": spent for part, spent in parts.items()}
    total = {"cpu_ms_per_order": sum(parts.values()), "other_cores": used.other_cores}
    return total | by_part


def measure_paced(
    site: BenchSystem, posts: Sequence[OrderRequest], *, crew: bool = False
) -> Figures:
    """Post evenly; return how long an order takes from its POST to its completion."""
    already, before = site.completions.count(), usage.read(site.pids)
    if crew:
        posting = lambda: asyncio.ensure_future(post_at_rate(site.target, posts, RATE))  # noqa: E731
        customer = asyncio.run(post_with_crew(site, posting))
    else:
        customer = asyncio.run(post_at_rate(site.target, posts, RATE))
        site.completions.wait_for(already + len(posts))
    spent = cpu_per_order(site, before, len(posts))
    times = site.completions.times(list(customer.posted_at))
    took_ms = [1000 * (times[key] - posted) for key, posted in customer.posted_at.items()]
    percentiles = {"p50_ms": percentile(took_ms, 0.5), "p99_ms": percentile(took_ms, 0.99)}
    return percentiles | {"max_ms": max(took_ms)} | spent


def reference(site: BenchSystem, orders: int) -> Figures:
    """Measure the reference order, as many as go through."""
    return measure_saturated(site, reference_orders(orders))


def reference_20(site: BenchSystem, _: int) -> Figures:
    """Measure the reference order at an even 20 a second."""
    return measure_paced(site, reference_orders(PACED_ORDERS))


def ftth(site: BenchSystem, orders: int) -> Figures:
    """Measure fibre with elements over HTTP and a work order that is answered at once."""
    raise_aaa_limit(Client(site.record.urls, site.operator_token))
    return measure_saturated(site, site.next_fibre_orders(max(100, orders // 4)), crew=True)


def ftth_20(site: BenchSystem, _: int) -> Figures:
    """Measure fibre at an even 20 a second."""
    raise_aaa_limit(Client(site.record.urls, site.operator_token))
    return measure_paced(site, site.next_fibre_orders(PACED_ORDERS), crew=True)


def idle(site: BenchSystem, _: int) -> Figures:
    """Measure the stack while nothing is asked of it, and its memory."""
    time.sleep(SETTLE_S)
    before = usage.read(site.pids)
    time.sleep(IDLE_S)
    used = usage.between(before, usage.read(site.pids))
    shares = {f"core_share_{part}": spent / used.seconds for part, spent in used.parts.items()}
    memory = {f"pss_mb_{part}": mb for part, mb in usage.pss_mb(site.pids).items()}
    totals = {"core_share": used.total / used.seconds, "pss_mb": sum(memory.values())}
    return totals | shares | memory


def start(_: BenchSystem, __: int) -> Figures:
    """Measure a demonstration of its own: from the command to the first completed order."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "demo.json"
        command = [sys.executable, "-P", "-m", "services.console", "demo", "--orders", "12"]
        subprocess.run(  # noqa: S603
            [*command, "--json", str(result)], check=True, cwd=CHECKOUT, stdout=subprocess.DEVNULL
        )
        found = json.loads(result.read_bytes())
    return {"first_order_s": found["first_order_s"]}


def assignment(_: BenchSystem, __: int) -> Figures:
    """Measure what one number costs in pools of ten thousand, a hundred thousand, a million."""
    command = [sys.executable, "-m", "tests.bench.assignment"]
    done = subprocess.run(  # noqa: S603
        command, check=True, cwd=CHECKOUT, stdout=subprocess.PIPE
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found
