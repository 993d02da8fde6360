"""The composition of the provisioning service."""

from functools import partial

from services.provisioning.adapters.registry import make_adapters
from services.provisioning.api.routes import ROUTERS
from services.provisioning.commands import blueprints
from services.provisioning.handlers import SUBSCRIPTIONS, TAKEOVER
from services.provisioning.store import elements, troubles
from shared.service_definition import OutboundCallConfig, ServiceDefinition

SERVICE = ServiceDefinition(
    "provisioning",
    ROUTERS,
    SUBSCRIPTIONS,
    description="Turns accepted orders into plans, calls network elements, dispatches work orders, "
    "and keeps the service inventory (TMF638).",
    calls=OutboundCallConfig(partial(make_adapters, elements.protocol_of), elements.limits),
    takeover=TAKEOVER,
    on_start=(blueprints.load_shipped, blueprints.publish_pending_editions),
    troubles=troubles.SOURCES,
)
