"""Schemas of the reconciliation with billing."""

from datetime import date, datetime
from typing import Annotated, TypeAlias

from fastapi import Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.order.commands.billing import LineSource, ReconciledDay
from services.order.domain.billing.hand_over_day import day_before
from services.order.domain.billing.reconciliation import UNKNOWN_NETWORK
from shared.input.area_codes import REMEDY, is_area_code
from shared.input.timestamps import Day
from shared.input.validation_errors import validation_error
from shared.security.caller import Caller


def check_local_network(value: str) -> str:
    """Return an area code, or the word for an unknown one.

    Raises:
        PydanticCustomError: it is neither.
    """
    if value == UNKNOWN_NETWORK or is_area_code(value):
        return value
    raise validation_error(
        code="local-network-malformed",
        reason="is no area code",
        remedy=f"{REMEDY}, or {UNKNOWN_NETWORK}",
    )


class ReconciliationQuery(BaseModel):
    """The parameters of a reconciliation file, as in the URL."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    local_network: Annotated[str, AfterValidator(check_local_network), Field(alias="localNetwork")]
    """The area code, for example 025; `unknown` for items whose local network is not known."""

    day: Day | None = None
    """A day that is over in the time of the local network: `2026-01-31`; yesterday without it."""

    source: LineSource = LineSource.TABLE
    """`archive` builds the same file from the published messages alone, which takes longer."""

    def to_domain(self, caller: Caller, now: datetime) -> ReconciledDay:
        """Return the day of the local network, in the caller's tenant."""
        network = "" if self.local_network == UNKNOWN_NETWORK else self.local_network
        return ReconciledDay(caller.tenant, network, self.day or day_before(network, now))

    def file_name(self, day: date) -> str:
        """Return the name under which the file of a day is saved."""
        return f"billing-{self.local_network}-{day.isoformat()}.csv"


ReconciliationParameters: TypeAlias = Annotated[ReconciliationQuery, Query()]
