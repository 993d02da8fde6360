"""The resources service, put together."""

from services.resources import store
from services.resources.api import ROUTERS
from services.resources.handlers import SUBSCRIPTIONS, TAKEOVER
from shared.service import Service

SERVICE = Service(
    "resources",
    ROUTERS,
    SUBSCRIPTIONS,
    about="Keeps numbers and the line plant, and who holds what of them.",
    for_order=store.read_for_order,
    takeover=TAKEOVER,
    on_start=(store.see_to_looking,),
    troubles=(store.questions.questioned,),
)
