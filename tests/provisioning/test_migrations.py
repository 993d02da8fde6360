"""Rows that the previous version writes have the columns that the current one reads."""

from sqlalchemy import text

from shared.persistence.database import Sessions
from tests.kernel import TENANT

PLAN = f"""INSERT INTO plans (order_id, tenant, local_network, client, customer_id, priority, state,
    items, steps, made_at) VALUES (gen_random_uuid(), '{TENANT}', '025', 'crm', 'C-1', 1,
    'running', '', '', now()) RETURNING order_id"""  # noqa: S608
WORK_ORDER = f"""INSERT INTO work_orders (id, tenant, local_network, order_id, step, round, undo,
    job, title, skill, district, specification, service_id, address_id, parameters, held, priority,
    state, dispatched_at, accepted_by, answered_by, remark)
    VALUES (gen_random_uuid(), '{TENANT}', '025', :order_id, '1/x', 1, false, '', '', '', '', '',
    gen_random_uuid(), '', '', '', 1, 'dispatched', now(), '', '', '')
    RETURNING client, customer_id"""  # noqa: S608


def test_a_work_order_of_the_previous_version_belongs_to_the_client_of_its_order(
    sessions: Sessions,
) -> None:
    with sessions.begin() as session:
        order_id = session.scalar(text(PLAN))
        owner = session.execute(text(WORK_ORDER), {"order_id": order_id}).one()

    assert tuple(owner) == ("crm", "C-1")
