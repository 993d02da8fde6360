"""What must hold of everything that was measured: each query counts what does not.

The demonstration's invariants look at every order through every API; for tens of
thousands of orders the databases are asked themselves.
"""

import time

from sqlalchemy import text

from deploy.local.stack_record import StackRecord
from shared.persistence.database import make_plain_engine

SERVICES = ("order", "provisioning", "resources", "customer")
TIMEOUT_S = 20.0

NOT_COMPLETED_ONCE = """
    SELECT count(*) FROM orders o
    WHERE 1 <> (SELECT count(*) FROM outbox WHERE key = o.id AND type = 'order.completed.v1')
"""
OPEN = "SELECT count(*) FROM order_progress WHERE state <> 'completed'"
ASSIGNED_TWICE = """
    SELECT count(*) FROM (
        SELECT held ->> 'kind', held ->> 'value'
        FROM outbox,
             jsonb_path_query(convert_from(body, 'UTF8')::jsonb, '$.data.items[*].held[*]') AS held
        WHERE type = 'resources.assigned.v1'
        GROUP BY 1, 2 HAVING count(DISTINCT key) > 1
    ) AS things
"""
RULES = (
    (
        "order",
        "orders that did not complete",
        "SELECT count(*) FROM order_progress WHERE state <> 'completed'",
    ),
    ("order", "orders whose completion was not told exactly once", NOT_COMPLETED_ONCE),
    ("resources", "numbers and lines given to two orders", ASSIGNED_TWICE),
    *((name, f"messages parked at {name}", "SELECT count(*) FROM parked") for name in SERVICES),
    *((name, f"messages unsent at {name}", "SELECT count(*) FROM unsent") for name in SERVICES),
)


def find_violations(record: StackRecord) -> list[str]:
    """Return what does not hold, with its count; what is on its way is waited for."""
    end = time.monotonic() + TIMEOUT_S
    while (found := evaluate_rules(record)) and time.monotonic() < end:
        time.sleep(0.5)
    return found


def evaluate_rules(record: StackRecord) -> list[str]:
    """Ask every rule once."""
    found = []
    for service, rule, query in RULES:
        engine = make_plain_engine(record.databases[service])
        with engine.connect() as connection:
            count = connection.scalars(text(query)).one()
        engine.dispose()
        if count:
            found.append(f"{count} {rule}")
    return found
