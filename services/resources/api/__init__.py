"""The HTTP API of the resources service."""

from services.resources.api.routes import imports, numbers, plant, pool_items, reservations

ROUTERS = (numbers.router, plant.router, pool_items.router, imports.router, reservations.router)

__all__ = ["ROUTERS"]
