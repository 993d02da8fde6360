"""Schemas of erasures of personal data, and their mapping to the domain."""

from typing import Annotated

from pydantic import ConfigDict, Field

from services.customer.api.examples import erasures as examples
from services.customer.commands.customers import ERASE_ACTION
from shared.access.approvals import SensitiveAction
from shared.http.schemas import BaseSchema


class ErasureSchema(BaseSchema):
    """The reason of an erasure."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ERASURE]})

    reason: Annotated[str, Field(min_length=3, max_length=500)]
    """Kept in the history: name the request, not the person."""

    def to_action(self, party_id: str) -> SensitiveAction:
        """Return the erasure of a party."""
        return SensitiveAction(ERASE_ACTION, party_id, {}, self.reason)
