"""The composition of the customer service."""

from datetime import timedelta

from services.customer import store
from services.customer.api.routes import ROUTERS
from services.customer.handlers import SUBSCRIPTIONS, TAKEOVER
from shared.service_definition import ServiceDefinition

BATCHING_DELAY = timedelta(milliseconds=250)
"""How long the broker may batch records: no order waits for the view."""

SERVICE = ServiceDefinition(
    "customer",
    ROUTERS,
    SUBSCRIPTIONS,
    description="Shows each customer in one view: party (TMF632), accounts, products and orders.",
    fetch_max_wait=BATCHING_DELAY,
    takeover=TAKEOVER,
    troubles=(store.contested_accounts.contested_account_troubles,),
)
