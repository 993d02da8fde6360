"""The order service, put together."""

from services.order import handlers
from services.order.api import offerings, orders, products
from services.order.store.catalogue import load_shipped
from services.order.takeover import TAKEOVER
from shared.service import Service

SERVICE = Service(
    "order",
    (orders.router, products.router, offerings.router),
    handlers.SUBSCRIPTIONS,
    about="Takes orders from a CRM (TMF622), prices them by the catalogue (TMF620), and keeps the "
    "products that customers have (TMF637).",
    takeover=TAKEOVER,
    on_start=(load_shipped,),
)
