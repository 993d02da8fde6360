"""The customer service, put together."""

from datetime import timedelta

from services.customer import store
from services.customer.api import ROUTERS
from services.customer.handlers import SUBSCRIPTIONS, TAKEOVER
from shared.service import Service

BATCHING_DELAY = timedelta(milliseconds=250)
"""So much later may the view show what has happened: no order waits for it."""

SERVICE = Service(
    "customer",
    ROUTERS,
    SUBSCRIPTIONS,
    description="Shows each customer in one view: party (TMF632), accounts, products and orders.",
    fetch_max_wait=BATCHING_DELAY,
    takeover=TAKEOVER,
    troubles=(store.contested_accounts.open_account_troubles,),
)
