"""Views of the accounts of customers (TMF666 v4)."""

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import ConfigDict, Field

from services.customer.api.examples import accounts as examples
from services.customer.api.views.parties import party_link
from services.customer.domain.parties.party import Party
from shared.contracts import party_kind_of
from shared.http import href_of
from shared.http.collection_paths import ACCOUNTS_PATH
from shared.http.views import TmfBaseView


class RelatedPartyView(TmfBaseView):
    """The owner of an account (TMF666)."""

    id: str
    href: str
    role: Literal["customer"] = "customer"
    referred_type: str = Field(alias="@referredType")

    @classmethod
    def of(cls, party: Party) -> Self:
        """Show an owner."""
        return cls(
            id=party.party_id,
            href=party_link(party),
            referred_type=party_kind_of(party.category),
        )


class PartyAccountView(TmfBaseView):
    """An account that a party pays through (TMF666 `PartyAccount`)."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PARTY_ACCOUNT]})

    id: str
    href: str
    type: Literal["PartyAccount"] = Field("PartyAccount", alias="@type")
    name: str
    related_party: tuple[RelatedPartyView, ...]

    @classmethod
    def of(cls, account_id: str, owners: Sequence[Party]) -> Self:
        """Show an account with its owners."""
        return cls(
            id=account_id,
            href=href_of(ACCOUNTS_PATH, account_id),
            name=account_id,
            related_party=tuple(map(RelatedPartyView.of, owners)),
        )
