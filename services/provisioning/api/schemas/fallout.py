"""Schemas of fallout: filters, and the operators' decisions."""

from typing import Annotated, TypeAlias
from uuid import UUID

from fastapi import Body, Query
from pydantic import ConfigDict

from services.provisioning.api.examples import fallout as examples
from services.provisioning.commands.fallout import SignedDecision
from services.provisioning.domain.fallout.actions import FalloutAction
from services.provisioning.domain.fallout.fallout import FalloutState
from shared.http.schemas import ExactId, LongText, SignedSchema
from shared.security.caller import Caller

OPEN_STATES = frozenset({FalloutState.OPEN})
StateFilter: TypeAlias = Annotated[frozenset[FalloutState], Query()]
CodeFilter: TypeAlias = Annotated[
    str,
    Query(max_length=128, description="The code from the element, or from a rule of this service."),
]
ElementFilter: TypeAlias = Annotated[str, Query(max_length=128, description="In any spelling.")]
SpecificationFilter: TypeAlias = Annotated[
    str, Query(max_length=128, description="One without a blueprint is answered 400.")
]


class FalloutDecisionSchema(SignedSchema):
    """An operator's decision: the step, and the reason."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.DECISION]})

    step: ExactId = ""
    """The step's reference in its plan: `1/test`. Optional if only one step is in fallout."""

    reason: LongText = ""

    def to_decision(self, order_id: UUID, action: FalloutAction, caller: Caller) -> SignedDecision:
        """Return the decision about an order, with the signing name.

        Raises:
            SignerMismatchError: the token has another name.
        """
        return SignedDecision(order_id, action, self.step, self.signer_name(caller), self.reason)


EMPTY_DECISION = FalloutDecisionSchema()
FalloutDecisionBody: TypeAlias = Annotated[FalloutDecisionSchema, Body()]
