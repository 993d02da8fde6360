"""Views of contested accounts: those that orders of more than one customer name."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from pydantic import ConfigDict

from services.customer.api.examples import contested_accounts as examples
from services.customer.api.views.customers import unified_view_link
from services.customer.domain.parties.contested_account import (
    AccountUse,
    ContestedAccount,
    ContestState,
)
from shared.http import href_of
from shared.http.collection_paths import ACCOUNTS_PATH
from shared.http.views import TmfBaseView

MAX_USES_SHOWN = 20
"""The most customers and clients shown for an account."""


class AccountUseView(TmfBaseView):
    """A customer whose orders name the account, and the client that sent them."""

    id: str
    """The customer."""

    view: str
    client: str
    since: datetime
    """When the acceptance of the first of these orders was published."""

    @classmethod
    def of(cls, use: AccountUse) -> Self:
        """Show a customer and client that name an account."""
        return cls(
            id=use.party_id,
            view=unified_view_link(use.party_id),
            client=use.client,
            since=use.told_at,
        )


class ContestedAccountView(TmfBaseView):
    """An account that orders of more than one customer name."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CONTESTED_ACCOUNT]})

    id: str
    href: str
    since: datetime
    """When the order of a second customer named it."""

    named_by: tuple[AccountUseView, ...]
    """By customer and client, the first 20."""

    is_cut_short: bool
    """`namedBy` does not show all."""

    state: ContestState
    """`open` until a person settles it, and again when a further customer's order names it."""

    settled_at: datetime | None = None
    """When it was settled last."""

    settled_by: str
    """The person; empty if it was never settled."""

    note: str

    @classmethod
    def of(cls, account: ContestedAccount, uses: Sequence[AccountUse]) -> Self:
        """Show an account; more `uses` than are shown set `is_cut_short`."""
        return cls(
            id=account.account_id,
            href=href_of(ACCOUNTS_PATH, account.account_id),
            since=account.since,
            named_by=tuple(map(AccountUseView.of, uses[:MAX_USES_SHOWN])),
            is_cut_short=len(uses) > MAX_USES_SHOWN,
            state=account.state,
            settled_at=account.settled_at,
            settled_by=account.settled_by,
            note=account.note,
        )
