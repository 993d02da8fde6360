"""The examples in the API's description are valid answers."""

import pytest
from pydantic import BaseModel

from services.customer.api.examples import (
    accounts,
    contested_accounts,
    customers,
    erasures,
    parties,
    unified_views,
)
from services.customer.api.schemas.erasures import ErasureSchema
from services.customer.api.views.accounts import PartyAccountView
from services.customer.api.views.contested_accounts import ContestedAccountView
from services.customer.api.views.customers import CustomerSummaryView
from services.customer.api.views.erasures import ErasedView
from services.customer.api.views.parties import IndividualView, OrganizationView
from services.customer.api.views.unified_views import CustomerView


@pytest.mark.parametrize(
    ("shape", "example"),
    [
        (IndividualView, parties.INDIVIDUAL),
        (OrganizationView, parties.ORGANIZATION),
        (PartyAccountView, accounts.PARTY_ACCOUNT),
        (CustomerSummaryView, customers.CUSTOMER_SUMMARY),
        (CustomerView, unified_views.CUSTOMER_VIEW),
        (ErasureSchema, erasures.ERASURE),
        (ErasedView, erasures.ERASED),
        (ContestedAccountView, contested_accounts.CONTESTED_ACCOUNT),
    ],
)
def test_an_example_is_what_would_be_answered(shape: type[BaseModel], example: object) -> None:
    shown = shape.model_validate(example)

    assert shown.model_dump(by_alias=True, exclude_none=True, mode="json") == example
