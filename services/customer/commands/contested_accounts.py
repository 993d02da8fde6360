"""Settle accounts that orders of more than one customer name."""

from collections.abc import Sequence
from typing import NamedTuple

from services.customer import store
from services.customer.domain.parties.contested_account import (
    AccountUse,
    ContestedAccount,
    settle_contest,
)
from shared.access.access_rule import require_found
from shared.messaging.unit_of_work import UnitOfWork


class SettledContest(NamedTuple):
    """A settled account, and the customers and clients that name it."""

    account: ContestedAccount
    uses: Sequence[AccountUse]


def settle_and_audit(
    person: str, account_id: str, note: str, max_uses: int, work: UnitOfWork
) -> SettledContest:
    """Settle an account, and audit who did it and why.

    Args:
        person: who settles it.
        account_id: the account.
        note: the finding of that person.
        max_uses: the most customers and clients to return.
        work: the unit of work.

    Raises:
        NotFoundError: if the account is not contested.
    """
    found = store.contested_accounts.find_for_update(work.session, work.tenant, account_id)
    remedy = "list those that are: GET /ops/v1/contested-accounts"
    account = require_found(found, f"account {account_id} is not contested", remedy=remedy)
    customers = store.contested_accounts.count_customers(work.session, [account])[account.key]
    settled = settle_contest(account, customers, person, note, work.now)
    store.contested_accounts.put(work.session, [settled])
    work.audit("account.settle", account_id, reason=note)
    uses = store.contested_accounts.find_uses(work.session, work.tenant, [account_id], max_uses)
    return SettledContest(settled, uses[account_id])
