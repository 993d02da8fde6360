"""The HTTP API of the provisioning service: requests in, decisions, views out.

services     TMF638 service: the service inventory
plans        an order's plan with its steps, attempts, work orders and history
work_orders  the work list, and the crews' answers
fallout      what people must look at, and what they decide
blueprints   what plans are drawn from; publishing more
elements     how much network elements bear, and their maintenance
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
