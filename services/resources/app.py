"""The composition of the resources service."""

from services.resources import store
from services.resources.api.routes import ROUTERS
from services.resources.commands.kind_lists import publish_pending_lists
from services.resources.commands.order_history import read_order_history
from services.resources.commands.reservations import schedule_reservation_review
from services.resources.handlers import SUBSCRIPTIONS, TAKEOVER
from shared.service_definition import ServiceDefinition

SERVICE = ServiceDefinition(
    "resources",
    ROUTERS,
    SUBSCRIPTIONS,
    description="Keeps numbers and the line plant, and their holders.",
    read_order_changes=read_order_history,
    takeover=TAKEOVER,
    on_start=(schedule_reservation_review, publish_pending_lists),
    troubles=(store.reservation_reviews.unneeded_reservation_troubles,),
)
