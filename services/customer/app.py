"""The customer service, put together."""

from datetime import timedelta

from services.customer import store
from services.customer.api import ROUTERS
from services.customer.handlers import SUBSCRIPTIONS, TAKEOVER
from shared.service import Service

GATHER = timedelta(milliseconds=250)
"""So much later may the view show what has happened: no order waits for it."""

SERVICE = Service(
    "customer",
    ROUTERS,
    SUBSCRIPTIONS,
    about="Shows each customer in one view: who it is (TMF632), its accounts, products and orders.",
    gather=GATHER,
    takeover=TAKEOVER,
    troubles=(store.contested.open_ones,),
)
