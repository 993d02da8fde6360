"""The resources service, put together."""

from services.resources.api import ROUTERS
from services.resources.handlers import SUBSCRIPTIONS
from shared.service import Service

SERVICE = Service("resources", ROUTERS, SUBSCRIPTIONS)
