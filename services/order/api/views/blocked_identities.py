"""Views of blocked identities."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import ConfigDict

from services.order.api.examples import blocked_identities as examples
from services.order.domain.identity.block import IdentityBlock
from shared.http.views import TmfBaseView


class BlockedIdentityView(TmfBaseView):
    """A blocked identity, without the number of its document."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.BLOCKED_IDENTITY]})

    id: UUID
    document_type: str
    reason: str
    since: datetime
    until: datetime | None = None
    """None until the block is lifted."""

    blocked_by: str
    """The person."""

    @classmethod
    def of(cls, block: IdentityBlock) -> Self:
        """Show a block."""
        return cls(
            id=block.id,
            document_type=block.document_type,
            reason=block.reason,
            since=block.since,
            until=block.until,
            blocked_by=block.blocked_by,
        )
