"""Views of agreements with customers."""

from typing import Self

from pydantic import ConfigDict

from services.order.api.examples import agreements as examples
from services.order.api.views.timestamps import UtcTimestamp
from services.order.domain.catalogue.agreements import Agreement, AgreementTerms
from shared.http import href_of
from shared.http.collection_paths import AGREEMENTS_PATH
from shared.http.views import BaseView


class AgreementView(BaseView):
    """An agreement with a customer, as a second person has approved it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.AGREEMENT]})

    id: str
    href: str
    changed_at: UtcTimestamp
    changed_by: str
    """The person who has requested it."""

    terms: AgreementTerms

    @classmethod
    def of(cls, agreement: Agreement) -> Self:
        """Show an agreement."""
        return cls(
            id=agreement.id,
            href=href_of(AGREEMENTS_PATH, agreement.id),
            changed_at=agreement.changed_at,
            changed_by=agreement.changed_by,
            terms=agreement.terms,
        )
