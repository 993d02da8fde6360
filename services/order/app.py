"""The order service, put together."""

from services.order import handlers
from services.order.api.routes import catalogue, orders, products
from services.order.store.catalogue import load_shipped_catalogue
from services.order.takeover import TAKEOVER
from shared.service import Service

SERVICE = Service(
    "order",
    (orders.router, products.router, catalogue.router),
    handlers.SUBSCRIPTIONS,
    description="Takes orders from a CRM (TMF622), prices them by the catalogue (TMF620), and "
    "keeps the products that customers have (TMF637).",
    takeover=TAKEOVER,
    on_start=(load_shipped_catalogue,),
)
