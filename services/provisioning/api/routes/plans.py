"""An order's plan: its steps, and all that was done for them."""

from uuid import UUID

from services.provisioning.api.views.plans import PlanView
from services.provisioning.store import plans, work_orders
from shared.access.access_rule import require_visible
from shared.calls import call_store
from shared.http import ReadSessionDep, Router
from shared.http.callers import NetworkViewer
from shared.http.collection_paths import OPS_PATH
from shared.persistence import history

router = Router(tags=["plans"])


@router.get(f"{OPS_PATH}/plans/{{order_id}}")
def read_plan(order_id: UUID, caller: NetworkViewer, session: ReadSessionDep) -> PlanView:
    """Return the plan of an order with its steps, outbound calls, work orders and history."""
    found = plans.find_in_tenant(session, caller.tenant, order_id)
    plan = require_visible(found, kind="plan", id_=order_id)
    calls = call_store.calls_of_order(session, order_id)
    orders = work_orders.of_order(session, order_id)
    return PlanView.of(plan, calls, orders, history.read(session, caller.tenant, str(order_id)))
