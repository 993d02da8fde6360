"""What the API's description shows is what the service answers."""

import pytest

from services.customer.api import examples, shapes
from services.customer.api.contested import ContestedAccountView
from services.customer.api.shapes import Shape


@pytest.mark.parametrize(
    ("shape", "example"),
    [
        (shapes.Individual, examples.INDIVIDUAL),
        (shapes.Organization, examples.ORGANIZATION),
        (shapes.PartyAccount, examples.PARTY_ACCOUNT),
        (shapes.Found, examples.FOUND),
        (shapes.CustomerView, examples.VIEW),
        (shapes.Erasure, examples.ERASURE),
        (shapes.Erased, examples.ERASED),
        (ContestedAccountView, examples.CONTESTED_ACCOUNT),
    ],
)
def test_an_example_is_what_would_be_answered(shape: type[Shape], example: object) -> None:
    shown = shape.model_validate(example)

    assert shown.model_dump(by_alias=True, exclude_none=True, mode="json") == example
