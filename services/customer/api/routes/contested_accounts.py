"""Accounts that orders of more than one customer name: listed, and settled by people."""

from collections.abc import Sequence
from functools import partial

from fastapi import Response
from sqlalchemy.orm import Session

from services.customer import store
from services.customer.api.schemas.contested_accounts import ContestSettlementSchema, StateFilter
from services.customer.api.views.contested_accounts import MAX_USES_SHOWN, ContestedAccountView
from services.customer.commands.contested_accounts import settle_and_audit
from services.customer.domain.parties.contested_account import ContestedAccount
from shared.http import (
    CausationDep,
    CommandBatcherDep,
    PageDep,
    ReadSessionDep,
    Router,
    list_response,
    paginate,
    view_response,
)
from shared.http.callers import FalloutOperator, Viewer
from shared.http.collection_paths import OPS_PATH
from shared.persistence.pagination import attributes_getter

CONTESTED_ACCOUNTS_PATH = f"{OPS_PATH}/contested-accounts"
USES_READ = MAX_USES_SHOWN + 1
"""One more than is shown, which tells whether more follow."""

router = Router(tags=["accounts"])


@router.get(CONTESTED_ACCOUNTS_PATH, response_model=list[ContestedAccountView])
def list_contested(
    *,
    caller: Viewer,
    session: ReadSessionDep,
    page: PageDep,
    response: Response,
    state: StateFilter = None,
) -> Response:
    """List the accounts that orders of more than one customer name, by their ids."""
    found = store.contested_accounts.find_page(session, caller.tenant, page.window, state=state)
    accounts = paginate(response, page, found, keys=attributes_getter("account_id"))
    return list_response(
        show_contested_accounts(session, caller.tenant, accounts), response=response
    )


def show_contested_accounts(
    session: Session, tenant: str, accounts: Sequence[ContestedAccount]
) -> list[ContestedAccountView]:
    """Show accounts of a tenant with the customers and clients that name them."""
    ids = [each.account_id for each in accounts]
    uses = store.contested_accounts.find_uses(session, tenant, ids, USES_READ)
    return [ContestedAccountView.of(each, uses[each.account_id]) for each in accounts]


@router.post(
    f"{CONTESTED_ACCOUNTS_PATH}/{{account_id}}/settle", response_model=ContestedAccountView
)
async def settle_contested(
    account_id: str,
    settlement: ContestSettlementSchema,
    caller: FalloutOperator,
    cause: CausationDep,
    batcher: CommandBatcherDep,
) -> Response:
    """Note that a person has settled an account; repeat it to correct the note.

    The account itself does not change. An order of a further customer that names it reopens it.
    """
    command = partial(settle_and_audit, caller.person, account_id, settlement.note, USES_READ)
    settled = await batcher.execute(cause, command)
    return view_response(ContestedAccountView.of(settled.account, settled.uses))
