"""The composition of the order service."""

from services.order import handlers
from services.order.api.routes import ROUTERS
from services.order.commands.catalogue import load_shipped_catalogue
from services.order.commands.identities import check_rules
from services.order.takeover import TAKEOVER
from shared.service_definition import ServiceDefinition

SERVICE = ServiceDefinition(
    "order",
    ROUTERS,
    handlers.SUBSCRIPTIONS,
    description="Accepts orders from a CRM (TMF622), prices them by the catalogue (TMF620), and "
    "keeps the products that customers have (TMF637).",
    takeover=TAKEOVER,
    on_start=(check_rules, load_shipped_catalogue),
)
