"""Views of customers in the result of a search."""

from typing import Self

from pydantic import ConfigDict

from services.customer.api.examples import customers as examples
from services.customer.api.views.parties import party_link
from services.customer.domain.parties.party import Party
from shared.http import href_of
from shared.http.collection_paths import CUSTOMERS_PATH
from shared.http.views import TmfBaseView


class CustomerSummaryView(TmfBaseView):
    """A customer in the result of a search."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CUSTOMER_SUMMARY]})

    id: str
    href: str
    view: str
    name: str
    phone: str
    category: str

    @classmethod
    def of(cls, party: Party) -> Self:
        """Show a customer."""
        return cls(
            id=party.party_id,
            href=party_link(party),
            view=unified_view_link(party.party_id),
            name=party.name,
            phone=party.phone,
            category=party.category,
        )


def unified_view_link(party_id: str) -> str:
    """Return the link to the unified view of a customer."""
    return f"{href_of(CUSTOMERS_PATH, party_id)}/view"
