"""The resources service, put together."""

from services.resources import store
from services.resources.api import ROUTERS
from services.resources.handlers import SUBSCRIPTIONS, TAKEOVER
from shared.service import Service

SERVICE = Service(
    "resources",
    ROUTERS,
    SUBSCRIPTIONS,
    description="Keeps numbers and the line plant, and who holds what of them.",
    read_order_changes=store.read_order_history,
    takeover=TAKEOVER,
    on_start=(store.schedule_reservation_review,),
    troubles=(store.reservation_questions.unneeded_troubles,),
)
