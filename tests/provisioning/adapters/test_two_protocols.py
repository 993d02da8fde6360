"""One order whose elements speak two protocols: the runner knows neither."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from services.provisioning.adapters.http import HttpAdapter
from services.provisioning.adapters.registry import ElementAdapters
from services.provisioning.domain.plan.attempts import operation_id
from services.provisioning.domain.plan.plan import Plan, PlanState, StepState
from services.provisioning.settings import HttpElementSettings
from tests.kernel import dead_letter_rows, history
from tests.provisioning.adapters.line import LineAdapter, LineServer, LineSettings
from tests.provisioning.adapters.scripted_server import SECRET, Behaviour
from tests.provisioning.conftest import RunningService, SimulatedNetwork
from tests.provisioning.test_flows import begin, install, is_completed, is_held

OLT = "NJ-XW-OLT01"


@pytest.fixture
async def line_server() -> AsyncIterator[LineServer]:
    """The element `aaa`."""
    server = LineServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def adapters(
    network: SimulatedNetwork, line_server: LineServer
) -> AsyncIterator[ElementAdapters]:
    """`aaa` is called by lines, all others over HTTP."""
    http = HttpAdapter(HttpElementSettings.read({"KAITONG_ELEMENTS_URL": network.url}))
    line = LineAdapter(LineSettings("127.0.0.1", line_server.port, SECRET))
    adapters = ElementAdapters(
        {"http": http, "line": line}, lambda element: "line" if element == "aaa" else "http"
    )
    yield adapters
    await adapters.close()


def account_operation(order_id: UUID, plan: Plan) -> str:
    """Return the operation id of the step that creates the account."""
    step = plan.step("1/account")
    assert step
    return str(operation_id(order_id, step, undo=False))


async def test_a_lost_answer_is_repeated_by_lines_and_queried_over_http(
    stack: RunningService, network: SimulatedNetwork, line_server: LineServer
) -> None:
    line_server.script = [Behaviour.LOSE_ANSWER, Behaviour.FAIL]
    await network.set_faults(OLT, {"fault": "drop", "kind": "add-profile", "times": 1})

    service_id = await begin(stack)
    await install(stack)
    plan = await stack.until(is_completed)

    operation = account_operation(stack.order_id, plan)
    assert [each.operation_id for each in line_server.received].count(operation) == 3
    assert line_server.effects[operation] == 1
    assert line_server.installed[service_id] == "create-account"
    assert (await network.active(OLT))[service_id] == "add-profile"
    verbs = {
        (part.split("/")[0], was)
        for kind, part, was, _ in history(stack.sessions)
        if kind == "attempt"
    }
    assert ("aaa", "asked") not in verbs
    assert dead_letter_rows(stack.sessions) == []


async def test_what_cannot_be_found_out_is_left_to_people_and_repeated_when_they_say_so(
    stack: RunningService, line_server: LineServer
) -> None:
    line_server.script = [Behaviour.LOSE_ANSWER, *[Behaviour.IGNORE] * 6]
    await begin(stack)

    held = await stack.until(is_held)
    (step,) = [each for each in held.steps if each.state is StepState.FALLOUT]
    await stack.post(f"/ops/v1/fallout/{stack.order_id}/retry")
    await install(stack)
    plan = await stack.until(is_completed)

    assert step.ref == "1/account"
    assert plan.state is PlanState.COMPLETED
    assert line_server.effects[account_operation(stack.order_id, plan)] == 1
