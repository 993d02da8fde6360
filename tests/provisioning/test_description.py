"""What the API's description shows is what the service answers."""

import pytest
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
