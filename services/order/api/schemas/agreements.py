"""Schemas of agreements with customers."""

from typing import Annotated

from fastapi import Query
from pydantic import ConfigDict

from services.order.api.examples import agreements as examples
from services.order.domain.catalogue.agreements import AgreementTerms
from shared.http.schemas import BaseSchema, Reason
from shared.input.ids import Id

CustomerFilter = Annotated[Id | None, Query(description="Those of one customer.")]


class AgreementSchema(BaseSchema):
    """What is agreed with a customer, and why it is written."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.AGREEMENT_REQUEST]})

    terms: AgreementTerms
    reason: Reason
