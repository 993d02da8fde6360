"""The provisioning service, put together."""

from services.provisioning.adapters.http import adapter_for
from services.provisioning.api import ROUTERS
from services.provisioning.handlers import SUBSCRIPTIONS, TAKEOVER
from services.provisioning.store import blueprint_editions, blueprints, elements, troubles
from shared.service import OutboundCalls, Service

SERVICE = Service(
    "provisioning",
    ROUTERS,
    SUBSCRIPTIONS,
    description="Turns accepted orders into plans, calls network elements, dispatches work orders, "
    "and keeps the services that run (TMF638).",
    calls=OutboundCalls(adapter_for, elements.limits),
    takeover=TAKEOVER,
    on_start=(blueprints.load_shipped, blueprint_editions.publish_pending_editions),
    troubles=troubles.SOURCES,
)
