"""The provisioning service in one process, and a simulator of elements in another."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient

from deploy.local.postgres import Postgres
from services.provisioning.adapters.http import HttpAdapter
from services.provisioning.adapters.registry import ElementAdapters
from services.provisioning.app import SERVICE
from services.provisioning.commands.blueprints import load_shipped
from services.provisioning.domain.plan.plan import Plan
from services.provisioning.settings import HttpElementSettings
from services.provisioning.store import elements, plans
from shared.access.access_rule import require_visible
from shared.calls.call_store import CallRequest
from shared.calls.runner import CallRunner
from shared.config.settings import Settings
from shared.contracts import Message
from shared.messaging.crash_guard import CrashGuard, InFlightJournal
from shared.messaging.publisher import Publisher
from shared.messaging.writer import Writer
from shared.persistence.database import Sessions
from tests.callers import AsRole, api_client, as_role, keys
from tests.elements.simulator_process import Simulator
from tests.kernel import TENANT, FakeBroker, consume

__all__ = ["as_role", "keys"]


@pytest.fixture
def sessions(sessions: Sessions) -> Sessions:
    """The database of the service, with the blueprints that are shipped."""
    with sessions.begin() as session:
        load_shipped(session)
    return sessions


@pytest.fixture
def own_settings(postgres: Postgres, keys: Path, tmp_path: Path) -> Settings:
    """The settings of the service."""
    environment = {
        "KAITONG_DATABASE_PROVISIONING": f"{postgres.url}/test_provisioning",
        "KAITONG_AUTH_KEYS": str(keys),
        "KAITONG_HOME": str(tmp_path),
    }
    return Settings.from_environment("provisioning", environment)


@pytest.fixture
async def client(
    sessions: Sessions, own_settings: Settings, as_role: AsRole
) -> AsyncIterator[AsyncClient]:
    """Calls the API, by default as operations staff."""
    async with api_client(SERVICE, sessions, own_settings) as client:
        client.headers.update(as_role("ops"))
        yield client


@pytest.fixture(scope="session")
def simulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """A simulator of elements in its own process."""
    simulator = Simulator(tmp_path_factory.mktemp("elements"))
    yield simulator
    simulator.stop()


@dataclass
class SimulatedNetwork:
    """The simulated elements: their effects, and faults to inject."""

    url: str
    client: AsyncClient

    async def set_faults(self, element: str, *faults: Mapping[str, object]) -> None:
        """Inject faults into an element."""
        answer = await self.client.put(f"/elements/{element}/faults", json={"faults": faults})
        assert answer.status_code == 200, answer.text

    async def active(self, element: str) -> dict[str, str]:
        """Return what is configured on an element: kind by subject."""
        answer = await self.client.get(f"/elements/{element}/active")
        return {each["subject"]: each["kind"] for each in answer.json()["active"]}

    async def effects(self, element: str) -> dict[str, int]:
        """Return how often each operation had an effect."""
        answer = await self.client.get(f"/elements/{element}/effects")
        found: dict[str, int] = answer.json()["effects"]
        return found


@pytest.fixture
async def network(simulators: Simulator) -> AsyncIterator[SimulatedNetwork]:
    """The simulator, without any faults."""
    async with AsyncClient(base_url=simulators.url) as client:
        elements = (await client.get("/elements")).json()["elements"]
        for element in elements:
            await client.delete(f"/elements/{element}/faults")
        yield SimulatedNetwork(simulators.url, client)


TIMEOUT_S = 60


@dataclass
class RunningService:
    """The service as it runs: its API and its runner."""

    sessions: Sessions
    client: AsyncClient
    runner: CallRunner
    running: "asyncio.Task[None]"
    order_id: UUID = field(default_factory=uuid4)
    """Elements never forget operations, so each test has its own order."""

    async def handle(self, *messages: Message) -> None:
        """Handle messages, one batch each."""
        for message in messages:
            await asyncio.to_thread(consume, self.sessions, SERVICE.subscriptions, message)
        self.runner.wake()

    def plan(self, order_id: UUID | None = None) -> Plan:
        """Return the current plan of an order."""
        with self.sessions() as session:
            id_ = order_id or self.order_id
            found = plans.find_in_tenant(session, TENANT, id_)
        return require_visible(found, kind="plan", id_=id_)

    async def until(self, condition: Callable[[Plan], bool], order_id: UUID | None = None) -> Plan:
        """Wait until a condition on a plan is true."""
        deadline = asyncio.get_running_loop().time() + TIMEOUT_S
        while not condition(plan := await asyncio.to_thread(self.plan, order_id)):
            assert asyncio.get_running_loop().time() < deadline, plan
            assert not self.running.done(), self.running.exception()
            await asyncio.sleep(0.02)
        return plan

    async def post(self, path: str, **body: str) -> dict[str, Any]:
        """Send a request that succeeds."""
        answer = await self.client.post(path, json=body)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def open_work_orders(self) -> list[dict[str, Any]]:
        """Return the open work orders."""
        found: list[dict[str, Any]] = (await self.client.get("/ops/v1/work-orders")).json()
        return found

    async def report_all(self) -> None:
        """Report all open work orders done."""
        for each in await self.open_work_orders():
            await self.post(f"/ops/v1/work-orders/{each['id']}/report")


@pytest.fixture
async def adapters(network: SimulatedNetwork) -> AsyncIterator[ElementAdapters]:
    """The adapters of the running service; all elements are the simulator's."""
    settings = HttpElementSettings.read({"KAITONG_ELEMENTS_URL": network.url})
    adapters = ElementAdapters({"http": HttpAdapter(settings)}, elements.protocol_of)
    yield adapters
    await adapters.close()


@pytest.fixture
async def stack(
    sessions: Sessions, adapters: ElementAdapters, own_settings: Settings, as_role: AsRole
) -> AsyncIterator[RunningService]:
    """The running service, which calls the simulator."""
    publisher = Publisher(Writer(sessions), FakeBroker())
    crash_guard = CrashGuard(sessions, InFlightJournal(own_settings.state_folder))
    dependencies = sessions, publisher.writer, SERVICE.subscriptions, crash_guard
    runner = CallRunner(*dependencies, adapters.adapter_of, elements.limits)
    publisher.writer.deferred_writers[CallRequest] = runner.enqueue
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            api_client(SERVICE, sessions, own_settings, publisher)
        )
        client.headers.update(as_role("ops"))
        running = asyncio.create_task(runner.run())
        stack.callback(running.cancel)
        yield RunningService(sessions, client, runner, running)
