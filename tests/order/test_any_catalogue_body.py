"""Any body is accepted as an entry of the catalogue, or its faults are named."""

from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.order.api.examples.offerings import NEW_OFFERING
from services.order.api.examples.specifications import NEW_SPECIFICATION
from services.order.api.schemas.catalogue_pointers import body_faults
from services.order.api.schemas.offerings import OfferingSchema
from services.order.api.schemas.specifications import SpecificationSchema
from services.order.domain.catalogue.catalogue import Catalogue, Offering, Specification
from services.order.domain.catalogue.entry_changes import publication_of
from services.order.domain.catalogue.publication import publish
from shared.errors import InvalidError
from tests.order.builders import CATALOGUE, Json
from tests.order.test_any_body import anything, steps_in

EMPTY = Catalogue.of((), ())
DISCOUNT: Json = {
    "id": "half",
    "name": "Half",
    "priceType": "discount",
    "percentage": -50.0,
    "productOffering": {"id": "ftth-300"},
}
MINIMUM: Json = {
    "id": "minimum",
    "name": "Minimum",
    "priceType": "minimumSpend",
    "price": {"value": 10.0},
    "productOfferingTerm": [{"duration": {"amount": 24, "units": "month"}}],
    "prodSpecCharValueUse": [
        {"name": "speedMbps", "productSpecCharacteristicValue": [{"value": 300}]}
    ],
}
OFFERING = NEW_OFFERING | {"productOfferingPrice": [*NEW_OFFERING["productOfferingPrice"], MINIMUM]}
BUNDLE: Json = {
    "id": "home",
    "name": "Home",
    "lifecycleStatus": "active",
    "isBundle": True,
    "bundledProductOffering": [{"id": "ftth-300"}, {"id": "voice-basic"}],
    "productOfferingPrice": [DISCOUNT],
}


def put(body: Json, path: tuple[Any, ...], value: Any) -> Json:
    """Return a body with another value at a path."""
    changed = inside = deepcopy(body)
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = value
    return changed


def pointers_of(body: Json, schema: type[OfferingSchema | SpecificationSchema]) -> list[str]:
    """Return the pointers to what is wrong with an entry; empty if it is published."""
    try:
        created: Offering | Specification = schema.model_validate(body).to_domain(CATALOGUE)
        publish(CATALOGUE, EMPTY, publication_of((created,)))
    except ValidationError:
        return []
    except InvalidError as error:
        return [each.field for each in body_faults(error.faults)]
    return []


def is_in(body: Any, pointer: str) -> bool:
    """Tell whether a pointer leads to a part of a body, or to an attribute that is left out."""
    inside = body
    steps = pointer.split("/")[1:]
    for number, step in enumerate(steps, start=1):
        if isinstance(inside, list) and step.isdigit() and int(step) < len(inside):
            inside = inside[int(step)]
        elif isinstance(inside, dict) and step in inside:
            inside = inside[step]
        else:
            return isinstance(inside, dict) and number == len(steps)
    return True


@given(st.sampled_from([OFFERING, BUNDLE]), st.data())
def test_any_offering_is_accepted_or_its_faults_are_found_in_it(
    whole: Json, data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(steps_in(whole)))
    body = put(whole, path, data.draw(anything))

    assert [each for each in pointers_of(body, OfferingSchema) if not is_in(body, each)] == []


@given(st.data())
def test_any_specification_is_accepted_or_its_faults_are_found_in_it(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(steps_in(NEW_SPECIFICATION)))
    body = put(NEW_SPECIFICATION, path, data.draw(anything))

    assert [each for each in pointers_of(body, SpecificationSchema) if not is_in(body, each)] == []
