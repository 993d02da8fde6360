"""Contested accounts: orders of more than one customer name them. People settle them."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class ContestState(StrEnum):
    """Whether a person has settled a contested account."""

    OPEN = "open"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class ContestedAccount:
    """An account that orders of more than one customer name."""

    tenant: str
    account_id: str
    since: datetime
    """When the order of a second customer named it."""

    state: ContestState = ContestState.OPEN
    """Open again once a further customer's order has named it."""

    settled_at: datetime | None = None
    """When it was settled last."""

    settled_by: str = ""
    """The person."""

    note: str = ""
    """The finding of that person."""

    settled_customers: int = 0
    """How many customers named it when it was settled."""

    @property
    def is_settled(self) -> bool:
        """Tell whether a person has settled it."""
        return self.state is ContestState.SETTLED

    @property
    def key(self) -> tuple[str, str]:
        """The tenant and the id."""
        return self.tenant, self.account_id


@dataclass(frozen=True, slots=True)
class AccountUse:
    """One customer and one client whose orders name an account."""

    account_id: str
    party_id: str
    client: str
    told_at: datetime
    """When the acceptance of the first of these orders was published."""


def settle_contest(
    account: ContestedAccount, customers: int, by: str, note: str, now: datetime
) -> ContestedAccount:
    """Return the account settled for this number of customers; also to correct the note."""
    return replace(
        account,
        state=ContestState.SETTLED,
        settled_at=now,
        settled_by=by,
        note=note,
        settled_customers=customers,
    )


def reopen_if_new_customer(account: ContestedAccount, customers: int) -> ContestedAccount:
    """Return a settled account after an order named it: open if by a further customer.

    Args:
        account: the account as it was settled.
        customers: how many customers name it now.
    """
    if customers <= account.settled_customers:
        return account
    return replace(account, state=ContestState.OPEN)
