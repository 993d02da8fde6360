"""The customer service, put together."""

from services.customer.api import ROUTERS
from services.customer.handlers import SUBSCRIPTIONS
from shared.service import Service

SERVICE = Service("customer", ROUTERS, SUBSCRIPTIONS)
