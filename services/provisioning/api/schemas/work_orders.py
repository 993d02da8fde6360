"""Schemas of work orders: filters, and the crews' answers."""

from typing import Annotated, Literal, TypeAlias

from fastapi import Body, Query
from pydantic import ConfigDict, Field

from services.provisioning.api.examples import work_orders as examples
from services.provisioning.domain.work_order import (
    AcceptWorkOrder,
    ReportWorkOrder,
    ReturnWorkOrder,
    WorkOrderState,
)
from shared.http.schemas import LongText, SignedSchema
from shared.security.caller import Caller

FilterText: TypeAlias = Annotated[str, Query(max_length=128)]
StateFilter: TypeAlias = Annotated[frozenset[WorkOrderState], Query()]


class AcceptSchema(SignedSchema):
    """Who accepts it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ACCEPTED]})

    def to_domain(self, caller: Caller) -> AcceptWorkOrder:
        """Return the answer, with the signing name.

        Raises:
            SignerMismatchError: the token has another name.
        """
        return AcceptWorkOrder(self.signer_name(caller))


class CompletionReportSchema(SignedSchema):
    """A crew's report that the work is done. Work that is not done is returned."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.REPORTED]})

    result: Literal["done"] = "done"
    """Work that is not done is returned, with the reason."""

    remark: LongText = ""

    def to_domain(self, caller: Caller) -> ReportWorkOrder:
        """Return the answer, with the signing name.

        Raises:
            SignerMismatchError: the token has another name.
        """
        return ReportWorkOrder(self.signer_name(caller), self.remark)


class ReturnSchema(SignedSchema):
    """Why a crew returns it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.RETURNED]})

    reason: Annotated[LongText, Field(min_length=1)]

    def to_domain(self, caller: Caller) -> ReturnWorkOrder:
        """Return the answer, with the signing name.

        Raises:
            SignerMismatchError: the token has another name.
        """
        return ReturnWorkOrder(self.signer_name(caller), self.reason)


EMPTY_ACCEPT, EMPTY_REPORT = AcceptSchema(), CompletionReportSchema()
AcceptBody: TypeAlias = Annotated[AcceptSchema, Body()]
ReportBody: TypeAlias = Annotated[CompletionReportSchema, Body()]
