"""The provisioning service, put together."""

from services.provisioning.adapters.http import adapter_for
from services.provisioning.api import ROUTERS
from services.provisioning.handlers import SUBSCRIPTIONS, TAKEOVER
from services.provisioning.store import announcing, blueprints, elements, troubles
from shared.service import Calls, Service

SERVICE = Service(
    "provisioning",
    ROUTERS,
    SUBSCRIPTIONS,
    about="Turns accepted orders into plans, calls network elements, dispatches work orders, and "
    "keeps the services that run (TMF638).",
    calls=Calls(adapter_for, elements.limits),
    takeover=TAKEOVER,
    on_start=(blueprints.load_shipped, announcing.announce_untold),
    troubles=troubles.SOURCES,
)
