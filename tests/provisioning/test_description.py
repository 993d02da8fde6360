"""The API's description is complete: every answer has an example, and the example is one."""

import pytest
from httpx import AsyncClient
from pydantic import BaseModel

from services.provisioning.api import examples
from services.provisioning.api.blueprints import BlueprintView, Pattern
from services.provisioning.api.elements import ElementView
from services.provisioning.api.fallout import FalloutView
from services.provisioning.api.plans import PlanView
from services.provisioning.api.services import ServiceView
from services.provisioning.api.work_orders import WorkOrderView


@pytest.mark.parametrize(
    ("shape", "example"),
    [
        (PlanView, examples.PLAN),
        (WorkOrderView, examples.WORK_ORDER),
        (FalloutView, examples.FALLOUT),
        (BlueprintView, examples.PUBLISHED),
        (Pattern, examples.BLUEPRINT),
        (ElementView, examples.ELEMENT),
    ],
)
def test_an_example_is_what_would_be_answered(shape: type[BaseModel], example: object) -> None:
    assert shape.model_validate(example).model_dump(mode="json") == example


def test_the_example_of_a_service_is_what_would_be_answered() -> None:
    shown = ServiceView.model_validate(examples.SERVICE)

    assert shown.model_dump(mode="json", by_alias=True, exclude_none=True) == examples.SERVICE


async def test_every_operation_is_described_with_its_answer(client: AsyncClient) -> None:
    description = (await client.get("/openapi.json")).json()

    answers = {
        (path, verb): answer["content"]["application/json"]["schema"]
        for path, operations in description["paths"].items()
        for verb, operation in operations.items()
        for status, answer in operation["responses"].items()
        if path.startswith(("/tmf-api", "/ops/v1")) and status in {"200", "201"}
    }
    assert len(answers) >= 18
    for schema in answers.values():
        name = schema.get("items", schema)["$ref"].rpartition("/")[2]
        assert description["components"]["schemas"][name]["examples"]
