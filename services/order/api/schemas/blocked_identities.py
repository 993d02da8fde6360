"""Schema of an identity to block."""

from typing import Annotated

from pydantic import ConfigDict, Field

from services.order.api.examples import blocked_identities as examples
from services.order.domain.identity.block import RequestedBlock
from shared.http.schemas import Reason, TmfBaseSchema
from shared.input.timestamps import Timestamp

DocumentText = Annotated[str, Field(min_length=1, max_length=100)]


class BlockSchema(TmfBaseSchema):
    """An identity to block, by its document; the number is not stored."""

    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
        json_schema_extra={"examples": [examples.BLOCK_REQUEST]},
    )

    document_type: DocumentText
    document_number: Annotated[DocumentText, Field(repr=False)]
    reason: Reason
    """For people. It must not name the person or the number."""

    since: Timestamp | None = None
    """Orders are refused from then on; without it, from now on."""

    until: Timestamp | None = None
    """Orders are accepted again from then on; without it, once the block is lifted."""

    def to_domain(self) -> RequestedBlock:
        """Map the block to the domain."""
        return RequestedBlock(
            document_type=self.document_type,
            document_number=self.document_number,
            reason=self.reason,
            since=self.since,
            until=self.until,
        )
