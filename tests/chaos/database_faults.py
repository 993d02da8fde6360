"""Faults to plant in the databases, to check that the invariants find them."""
# ruff: noqa: S608  the statements are put together from constants

from typing import LiteralString

LAST_ORDER: LiteralString = "(SELECT max(id::text)::uuid FROM orders)"
A_NUMBER: LiteralString = "(SELECT min(e164) FROM numbers WHERE state = 'in_use')"

FAULTS: dict[str, tuple[str, LiteralString]] = {
    "every order answered with 201 is stored": (
        "order",
        f"DELETE FROM orders WHERE id = {LAST_ORDER}",
    ),
    "every order has ended, or is in fallout with a reason": (
        "order",
        f"UPDATE order_progress SET state = 'pending' WHERE order_id = {LAST_ORDER}",
    ),
    "an order's items ended as the order did": (
        "order",
        f"""UPDATE order_progress SET items = convert_to('[["1","failed"]]', 'UTF8')
            WHERE order_id = {LAST_ORDER}""",
    ),
    "every order has a plan": (
        "provisioning",
        "DELETE FROM plans WHERE order_id = (SELECT max(order_id::text)::uuid FROM plans)",
    ),
    "one order for each externalId and client": (
        "order",
        """DROP INDEX uq_submissions_external_id;
           UPDATE submissions SET external_id = 'same', idempotency_key = NULL""",
    ),
    "every state was published, every end once": (
        "order",
        f"DELETE FROM outbox WHERE key = {LAST_ORDER} AND type = 'order.completed.v1'",
    ),
    "all state transitions were legal": (
        "order",
        """INSERT INTO history
               (at, position, tenant, kind, subject, part, was, became, reason, cause)
           SELECT at, nextval('history_position'), tenant, kind, subject, part,
                  'completed', 'inProgress', '', cause
           FROM history WHERE kind = 'order' AND became = 'completed' LIMIT 1""",
    ),
    "all states are the last in the history": (
        "provisioning",
        """ALTER TABLE history DISABLE TRIGGER USER;
           DELETE FROM history WHERE kind = 'step' AND became = 'done'""",
    ),
    "no number or line has two holders": (
        "resources",
        f"""ALTER TABLE numbers DISABLE TRIGGER USER;
            UPDATE numbers SET service_id = gen_random_uuid() WHERE e164 = {A_NUMBER}""",
    ),
    "nothing is reserved for an ended order": (
        "resources",
        f"UPDATE numbers SET state = 'reserved' WHERE e164 = {A_NUMBER}",
    ),
    "services hold what resources say": (
        "resources",
        f"""UPDATE numbers SET state = 'idle', order_id = NULL, service_id = NULL
            WHERE e164 = {A_NUMBER}""",
    ),
    "what is held has a holder": (
        "resources",
        f"""ALTER TABLE numbers DROP CONSTRAINT ck_numbers_held_by_one;
            UPDATE numbers SET state = 'blocked' WHERE e164 = {A_NUMBER}""",
    ),
    "the states of each pool add up to the pool": (
        "resources",
        "DELETE FROM numbers WHERE e164 = (SELECT max(e164) FROM numbers WHERE state = 'idle')",
    ),
    "elements have what the inventory says": (
        "provisioning",
        "UPDATE services SET state = 'terminated' WHERE state = 'active'",
    ),
    "the inventory is what was completed": (
        "provisioning",
        "UPDATE services SET held = convert_to('[]', 'UTF8')",
    ),
    "the installed base is what was completed": (
        "order",
        "UPDATE products SET party_id = 'somebody else' WHERE status = 'active'",
    ),
    "elements have the values that the inventory says": (
        "provisioning",
        """UPDATE services SET characteristics =
               convert_to('[{"name":"speedMbps","value":7}]', 'UTF8')""",
    ),
    "products are as their services": (
        "order",
        "UPDATE products SET status = 'suspended' WHERE status = 'active'",
    ),
    "only open orders lock products": ("order", "UPDATE products SET open_order_id = order_id"),
    "products rely on products in use": ("order", "UPDATE products SET base_id = order_id"),
    "identities hold what orders gave": (
        "order",
        f"""INSERT INTO identity_holdings (id, tenant, identity, counts_as, product_id, order_id)
            SELECT id, tenant, '00', 'phone-cards', id, id FROM orders WHERE id = {LAST_ORDER}""",
    ),
    "completed items are handed over to billing once": ("order", "DELETE FROM billing_lines"),
    "erased parties are blank": (
        "customer",
        "UPDATE parties SET name = 'somebody', name_mark = substr(erased_mark, 1, 20) || '/0'",
    ),
    "grants are as last published": ("order", "DELETE FROM access_grants"),
    "every message was published": (
        "customer",
        """INSERT INTO unsent (key, id, position, told_at, teller)
           VALUES (gen_random_uuid(), gen_random_uuid(), 1, now(), gen_random_uuid())""",
    ),
    "every message was consumed": (
        "customer",
        "DELETE FROM inbox",
    ),
    "message sequences have no gap": (
        "provisioning",
        "UPDATE outbox SET sequence = sequence + 1 WHERE sequence > 1",
    ),
    "no message is parked": (
        "resources",
        """INSERT INTO parked (identity, source, "offset", type, key, body, why, error, parked_at)
           VALUES ('planted', 'order/0', 0, 'order.accepted.v1', '', '', 'bug', 'boom', now())""",
    ),
    "no element call is open": ("provisioning", "UPDATE attempts SET ended_at = NULL"),
}
"""By invariant: the database, and the statement that breaks the invariant."""
