"""Schemas of contested accounts: their settlement, and a filter."""

from typing import Annotated, TypeAlias

from fastapi import Query
from pydantic import ConfigDict

from services.customer.api.examples import contested_accounts as examples
from services.customer.domain.parties.contested_account import ContestState
from shared.http.schemas import BaseSchema, Reason

StateFilter: TypeAlias = Annotated[ContestState | None, Query(description="Default: both.")]


class ContestSettlementSchema(BaseSchema):
    """The reason to settle an account that more than one customer has."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.SETTLEMENT]})

    note: Reason
    """The finding: who owns the account, or why it is right for all. Without personal data."""
