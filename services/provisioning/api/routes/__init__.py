"""HTTP routes, one module for each resource.

services     TMF638 service: the service inventory
plans        an order's plan with its steps, calls, work orders and history
work_orders  the work list, and the crews' answers
fallout      steps in fallout, and the operators' decisions
blueprints   the blueprints of plans, and their publication
elements     the call limits of network elements, and their maintenance
"""

from services.provisioning.api.routes import (
    blueprints,
    elements,
    fallout,
    plans,
    services,
    work_orders,
)

ROUTERS = (
    services.router,
    plans.router,
    work_orders.router,
    fallout.router,
    blueprints.router,
    elements.router,
)

__all__ = ["ROUTERS"]
