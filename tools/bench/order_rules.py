"""Rules for all orders that were measured; each query counts violations.

The demonstration's invariants query the APIs for each order; for tens of thousands of
orders these rules query the databases instead.
"""

import time

from sqlalchemy import text

from deploy.local.stack_record import SERVICES, StackRecord
from shared.persistence.database import make_plain_engine

TIMEOUT_S = 20.0

NOT_COMPLETED_ONCE = """
    SELECT count(*) FROM orders o
    WHERE 1 <> (SELECT count(*) FROM outbox WHERE key = o.id AND type = 'order.completed.v1')
"""
NOT_COMPLETED = "SELECT count(*) FROM order_progress WHERE state <> 'completed'"
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
    ("order", "orders that did not complete", NOT_COMPLETED),
    ("order", "orders whose completion was not published exactly once", NOT_COMPLETED_ONCE),
    ("resources", "numbers and lines assigned to two orders", ASSIGNED_TWICE),
    *((name, f"messages parked at {name}", "SELECT count(*) FROM parked") for name in SERVICES),
    *(
        (name, f"unpublished messages at {name}", "SELECT count(*) FROM unsent")
        for name in SERVICES
    ),
)


def find_violations(record: StackRecord) -> list[str]:
    """Return the violated rules with their counts; wait up to 20 s for work in progress."""
    end = time.monotonic() + TIMEOUT_S
    while (found := violated_rules(record)) and time.monotonic() < end:
        time.sleep(0.5)
    return found


def violated_rules(record: StackRecord) -> list[str]:
    """Evaluate every rule once; return the violated ones with their counts."""
    found = []
    for service, rule, query in RULES:
        engine = make_plain_engine(record.databases[service])
        with engine.connect() as connection:
            count = connection.scalars(text(query)).one()
        engine.dispose()
        if count:
            found.append(f"{count} {rule}")
    return found
