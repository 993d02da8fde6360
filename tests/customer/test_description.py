"""What the API's description shows is what the service answers."""

import pytest

from services.customer.api.examples import customers as examples
from services.customer.api.routes.contested_accounts import ContestedAccountView
from services.customer.api.views import base
from services.customer.api.views.base import BaseView


@pytest.mark.parametrize(
    ("shape", "example"),
    [
        (base.IndividualView, examples.INDIVIDUAL),
        (base.OrganizationView, examples.ORGANIZATION),
        (base.PartyAccountView, examples.PARTY_ACCOUNT),
        (base.CustomerSummaryView, examples.CUSTOMER_SUMMARY),
        (base.CustomerView, examples.CUSTOMER_VIEW),
        (base.ErasureSchema, examples.ERASURE),
        (base.ErasedView, examples.ERASED),
        (ContestedAccountView, examples.CONTESTED_ACCOUNT),
    ],
)
def test_an_example_is_what_would_be_answered(shape: type[BaseView], example: object) -> None:
    shown = shape.model_validate(example)

    assert shown.model_dump(by_alias=True, exclude_none=True, mode="json") == example
