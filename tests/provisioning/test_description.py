"""The examples in the API's description are valid answers."""

import pytest
from pydantic import BaseModel

from services.provisioning.api.examples import (
    blueprints,
    elements,
    fallout,
    plans,
    services,
    work_orders,
)
from services.provisioning.api.schemas.blueprints import BlueprintSchema
from services.provisioning.api.views.blueprints import BlueprintView
from services.provisioning.api.views.elements import ElementView
from services.provisioning.api.views.fallout import FalloutView
from services.provisioning.api.views.plans import PlanView
from services.provisioning.api.views.services import ServiceView
from services.provisioning.api.views.work_orders import WorkOrderView


@pytest.mark.parametrize(
    ("shape", "example"),
    [
        (PlanView, plans.PLAN),
        (WorkOrderView, work_orders.WORK_ORDER),
        (FalloutView, fallout.FALLOUT),
        (BlueprintView, blueprints.PUBLISHED),
        (BlueprintSchema, blueprints.BLUEPRINT),
        (ElementView, elements.ELEMENT),
    ],
)
def test_an_example_is_what_would_be_answered(shape: type[BaseModel], example: object) -> None:
    assert shape.model_validate(example).model_dump(mode="json") == example


def test_the_example_of_a_service_is_what_would_be_answered() -> None:
    shown = ServiceView.model_validate(services.SERVICE)

    assert shown.model_dump(mode="json", by_alias=True, exclude_none=True) == services.SERVICE
