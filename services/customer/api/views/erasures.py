"""Views of erasures of personal data."""

from datetime import datetime
from typing import Self

from pydantic import ConfigDict

from services.customer.api.examples import erasures as examples
from services.customer.domain.parties.party import Party
from shared.http.views import TmfBaseView


class ErasedView(TmfBaseView):
    """The confirmation that a customer's personal data are erased."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ERASED]})

    id: str
    erased_at: datetime
    is_recognisable: bool
    """Whether a mark is kept by which the same person can be recognised."""

    @classmethod
    def of(cls, party: Party) -> Self:
        """Show a party whose personal data are erased."""
        assert party.erased_at is not None
        return cls(
            id=party.party_id,
            erased_at=party.erased_at,
            is_recognisable=bool(party.person_mark),
        )
