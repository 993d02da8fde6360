"""What version 0.1.0 stores: the rows of a plan with a call under way, and its reading of steps."""

from uuid import UUID

import msgspec
from sqlalchemy import text

from services.provisioning.domain.blueprint.blueprint import BlueprintStep, StoredStruct
from services.provisioning.domain.plan.plan import StepFailure, StepState
from shared.persistence.database import Sessions

CALL_ID = UUID("c2de8b4a-d3e4-57b3-b291-e2bdc72fbf3a")
OPERATION_ID = UUID("414c3a22-8624-5fde-9e6a-fc7044f4fd31")
STEPS = (
    b'[{"blueprint":{"name":"assign","kind":"assign","title":"assign what the order needs"},'
    b'"state":"done"},{"blueprint":{"name":"a","kind":"activate","title":"make the a",'
    b'"after":["assign"],"element":"aaa","operation":"create-a","undo":"delete-a",'
    b'"nothing_to_undo":["a-missing"]},"item_id":"1","after":[0],"state":"running","rounds":1},'
    b'{"blueprint":{"name":"c","kind":"activate","title":"make the c","after":["a"],'
    b'"element":"aaa","operation":"create-c","undo":"delete-c","nothing_to_undo":["c-missing"]},'
    b'"item_id":"1","after":[1]}]'
)
ITEMS = (
    b'[{"id":"1","action":"add","specification":"reference","offering_id":"reference-offer",'
    b'"catalogue_version":3,"blueprint_version":1,'
    b'"product_id":"2b06a847-b0dc-5010-ab8d-5e7d1d597a4f",'
    b'"service_id":"4ddaf239-6333-5318-82b5-400448741497","address_id":"addr-320102-002-0007",'
    b'"characteristics":[{"name":"speedMbps","value":300}],"held":[{"kind":"number",'
    b'"value":"+862580000000"},{"kind":"pair","value":"NJ-XW-0001","attributes":'
    b'[{"name":"exchange","value":"NJ-XW"}]}]}]'
)
PLAN = """INSERT INTO plans (order_id, tenant, local_network, client, customer_id, priority, state,
    items, steps, made_at) VALUES (:order_id, :tenant, '025', 'crm', 'C-1', 2, 'running', :items,
    :steps, now())"""
CALL = """INSERT INTO attempts (id, operation_id, order_id, tenant, element, kind, subject,
    parameters, priority, max_tries, timeout_ms, tries, questions, doubtful, local_network, cause,
    correlation_id, traceparent, wanted_at, rank, due_at, code, detail)
    VALUES (:id, :operation_id, :order_id, :tenant, 'aaa', 'create-a',
    '4ddaf239-6333-5318-82b5-400448741497', '[]', 2, 5, 5000, 0, 0, false, '025', :id, :id, '',
    now(), now(), now(), '', '')"""


class PreviousStep(StoredStruct, frozen=True, kw_only=True):
    """A step as version 0.1.0 reads and stores it."""

    blueprint: BlueprintStep
    item_id: str = ""
    after: tuple[int, ...] = ()
    state: StepState = StepState.WAITING
    rounds: int = 0
    undo_rounds: int = 0
    refusals: int = 0
    accepted: bool = False
    unsure: bool = False
    trouble: StepFailure | None = None


def stored_again(steps: bytes) -> bytes:
    """Return steps as version 0.1.0 stores them after it has read them."""
    return msgspec.json.encode(msgspec.json.decode(steps, type=tuple[PreviousStep, ...]))


def store_rows(sessions: Sessions, order_id: UUID, tenant: str) -> None:
    """Store a plan and its call, as version 0.1.0 stores them."""
    plan = {"items": ITEMS, "steps": STEPS}
    call = {"id": CALL_ID, "operation_id": OPERATION_ID}
    with sessions.begin() as session:
        session.execute(text(PLAN), {"order_id": order_id, "tenant": tenant, **plan})
        session.execute(text(CALL), {"order_id": order_id, "tenant": tenant, **call})
