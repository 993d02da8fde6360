"""Lists of the kernel's tables read few rows, however many rows there are."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from deploy.local.postgres import Postgres
from services.customer.app import SERVICE
from shared.access import approvals, grants
from shared.access.approvals import ApprovalState
from shared.messaging import dead_letters
from shared.persistence import audit_log, history
from shared.persistence.database import Sessions
from shared.persistence.pagination import Window, encode_cursor
from shared.recovery.recovery_store import all_recoveries
from tests.kernel import TENANT
from tests.list_query_plans import QueryValues, check_lists
from tests.query_plans import ROWS, SERIES, RunQuery, check_each, large_database

ID = "lpad(to_hex(n), 32, '0')::uuid"
FILL = (
    f"""INSERT INTO parked (identity, source, "offset", type, key, body, why, error, parked_at,
    released_at) SELECT n::text, '', n, '', n::text::bytea, '', 'bug', '', now(),
    CASE WHEN n > {ROWS} - 100 THEN NULL ELSE now() END {SERIES}""",
    f"""INSERT INTO audit (position, at, tenant, actor, client, role, action, subject, things,
    reason, cause, hash) SELECT n, now(), '{TENANT}', CASE WHEN n % 20000 = 0 THEN 'seldom' ELSE
    'person-' || n % 9 END, '', '', '', 's-' || n % 1000, 1, '', {ID}, '' {SERIES}""",
    f"""INSERT INTO access_grants (tenant, grantee, owner, customer_id, level, changed_at)
    SELECT '{TENANT}', 'crm-' || n % 2, 'owner', 'C-' || n,
    CASE WHEN n % 20000 = 0 THEN 'see' ELSE '' END, now() {SERIES}""",
    f"""INSERT INTO approvals (id, tenant, action, subject, fingerprint, asked_by, reason, asked_at,
    until, state) SELECT {ID}, '{TENANT}', '', '', n::text::bytea, '', '', now(), now(),
    CASE WHEN n % 20000 = 0 THEN 'waiting' ELSE 'used' END {SERIES}""",
    f"""INSERT INTO history (at, tenant, kind, subject, part, was, became, reason, cause, position)
    SELECT now(), '{TENANT}', 'order', 's-' || n % 5000, '', '', '', '', {ID}, n {SERIES}""",
)
PAGE = Window(0, 21)
VALUES = QueryValues(
    values={"subject": ["s-7"], "actor": ["person-7", "seldom"]},
    in_path={"subject": "s-7"},
    besides={"/ops/v1/recoveries": "a row for each restore of the database"},
)


@pytest.fixture(scope="module")
def large(postgres: Postgres) -> Iterator[Sessions]:
    """A database with many rows."""
    with large_database(postgres, "customer", FILL) as sessions:
        yield sessions


def test_a_list_of_what_every_service_keeps_reads_little(large: Sessions) -> None:
    next_page = Window(0, 21, encode_cursor(["crm-0", "owner", "C-5"]))
    audited = partial(audit_log.read_entries, tenant=TENANT, limit=20)
    own, other = (dead_letters.tenant_condition(each, TENANT) for each in (TENANT, "zhejiang"))
    queries: dict[str, RunQuery] = {
        "parked": partial(dead_letters.list_open, of_tenant=own, limit=20),
        "parked behind": partial(dead_letters.list_open, of_tenant=own, limit=20, after=ROWS - 50),
        "parked of another tenant": partial(dead_letters.list_open, of_tenant=other, limit=20),
        "recoveries": all_recoveries,
        "audit": partial(audited, after=0),
        "audit behind": partial(audited, after=ROWS // 2),
        "audit of a subject": partial(audited, after=0, subject="s-7"),
        "audit of a person": partial(audited, after=0, actor="person-7"),
        "audit of a person who did little": partial(audited, after=0, actor="seldom"),
        "grants": partial(grants.find_grants, tenant=TENANT, window=PAGE),
        "grants behind": partial(grants.find_grants, tenant=TENANT, window=next_page),
        "history": partial(history.read, tenant=TENANT, subject="s-7"),
        **{
            f"approvals {state}": partial(
                approvals.find_approvals, tenant=TENANT, state=state, window=PAGE
            )
            for state in ApprovalState
        },
    }
    check_each(large, queries)


async def test_every_list_and_filter_of_the_description_reads_little(
    large: Sessions, tmp_path: Path
) -> None:
    await check_lists(SERVICE, large, tmp_path, VALUES, shared=True)
