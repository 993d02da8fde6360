"""What the API's description shows is what the service answers."""

import pytest
from pydantic import BaseModel

from services.provisioning.api.examples import bodies
from services.provisioning.api.routes.blueprints import BlueprintSchema, BlueprintView
from services.provisioning.api.routes.elements import ElementView
from services.provisioning.api.routes.fallout import FalloutView
from services.provisioning.api.routes.plans import PlanView
from services.provisioning.api.routes.services import ServiceView
from services.provisioning.api.routes.work_orders import WorkOrderView


@pytest.mark.parametrize(
    ("shape", "example"),
    [
        (PlanView, bodies.PLAN),
        (WorkOrderView, bodies.WORK_ORDER),
        (FalloutView, bodies.FALLOUT),
        (BlueprintView, bodies.PUBLISHED),
        (BlueprintSchema, bodies.BLUEPRINT),
        (ElementView, bodies.ELEMENT),
    ],
)
def test_an_example_is_what_would_be_answered(shape: type[BaseModel], example: object) -> None:
    assert shape.model_validate(example).model_dump(mode="json") == example


def test_the_example_of_a_service_is_what_would_be_answered() -> None:
    shown = ServiceView.model_validate(bodies.SERVICE)

    assert shown.model_dump(mode="json", by_alias=True, exclude_none=True) == bodies.SERVICE
