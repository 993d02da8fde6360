"""A list of customers or accounts reads little, however many there are."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import product
from pathlib import Path

import pytest

from deploy.local.postgres import Postgres
from services.customer.app import SERVICE
from services.customer.domain.parties.contested_account import ContestState
from services.customer.store import (
    contested_accounts,
    find_account_ids,
    find_account_owners,
    find_by_name,
    find_by_phone,
)
from shared.access.access_rule import DataScope
from shared.persistence.database import Sessions
from shared.persistence.pagination import Window, encode_cursor
from tests.kernel import TENANT
from tests.list_query_plans import QueryValues, check_lists
from tests.query_plans import CLIENT, SERIES, RunQuery, check_each, every_data_scope, large_database

ID = "lpad(to_hex(n), 32, '0')::uuid"
DATA = "name, phone, email, identity_number, category, kind, name_key, phone_key, told_at, told_by"
PARTY = f"""'', '', '', '', '', '', 'wang' || lpad(n::text, 8, '0'), '+86' || n % 50000,
    now(), {ID}"""
FILL = (
    f"""INSERT INTO parties (tenant, party_id, {DATA}) SELECT '{TENANT}', 'C-' || n, {PARTY}
    {SERIES}""",
    f"""INSERT INTO party_tellings (tenant, party_id, client, {DATA})
    SELECT '{TENANT}', 'C-' || n, {CLIENT}, {PARTY} {SERIES}""",
    f"""INSERT INTO account_tellings (tenant, account_id, party_id, client, told_at)
    SELECT '{TENANT}', 'A-' || n, 'C-' || n % 10000, {CLIENT}, now() {SERIES}""",
    f"""INSERT INTO contested_accounts (tenant, account_id, since, state)
    SELECT '{TENANT}', 'A-' || n, now(), CASE WHEN n % 5000 = 0 THEN 'open' ELSE 'settled' END
    {SERIES}""",
)
PAGE = Window(0, 21)
QUERY_VALUES = QueryValues(
    values={"relatedParty.id": ["C-7"], "phone": ["+867"], "name": ["wang", "wang000005"]},
    besides={"/ops/v1/grants": "every service has it: tests/shared/operations/test_query_plans.py"},
)


@pytest.fixture(scope="module")
def sessions(postgres: Postgres) -> Iterator[Sessions]:
    """A database of many customers."""
    with large_database(postgres, "customer", FILL) as sessions:
        yield sessions


@every_data_scope
def test_a_list_of_customers_and_of_accounts_reads_little(
    sessions: Sessions, data_scope: DataScope
) -> None:
    next_customers, next_accounts = (
        Window(0, 21, encode_cursor([each])) for each in ("C-5", "A-5")
    )
    queries: dict[str, RunQuery] = {
        **{
            f"phone {phone} {window}": partial(
                find_by_phone, data_scope=data_scope, phone=phone, window=window
            )
            for phone, window in product(["+867", "+860", "nobody"], [PAGE, next_customers])
        },
        **{
            f"accounts {party} {window}": partial(
                find_account_ids, data_scope=data_scope, party_id=party, window=window
            )
            for party, window in product(["C-7", "C-8", "C-9"], [PAGE, next_accounts])
        },
        "owners": partial(find_account_owners, data_scope=data_scope, account_ids=["A-7", "A-8"]),
    }
    check_each(sessions, queries)


@pytest.mark.parametrize("state", [None, *ContestState])
def test_a_list_of_contested_accounts_reads_little(
    sessions: Sessions, state: ContestState | None
) -> None:
    queries: dict[str, RunQuery] = {
        **{
            str(window): partial(
                contested_accounts.find_page, tenant=TENANT, window=window, state=state
            )
            for window in (PAGE, Window(0, 21, encode_cursor(["A-5"])))
        },
        "namings": partial(
            contested_accounts.find_uses,
            tenant=TENANT,
            account_ids=["A-7", "A-8"],
            max_uses_per_account=21,
        ),
        "troubles": lambda session: list(
            contested_accounts.contested_account_troubles(session, datetime.now(UTC))
        ),
    }
    check_each(sessions, queries)


@pytest.mark.parametrize("beginning", ["wang", "wang000005", "zhang"])
def test_a_search_by_name_reads_little(sessions: Sessions, beginning: str) -> None:
    behind = Window(0, 21, encode_cursor([f"{beginning}00000500"[:12], "C-500"]))
    queries: dict[str, RunQuery] = {
        str(window): partial(find_by_name, tenant=TENANT, prefix=beginning, window=window)
        for window in (PAGE, behind)
    }
    check_each(sessions, queries)


async def test_every_list_and_filter_of_the_description_reads_little(
    sessions: Sessions, tmp_path: Path
) -> None:
    await check_lists(SERVICE, sessions, tmp_path, QUERY_VALUES)
