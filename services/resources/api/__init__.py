"""The HTTP API of the resources service."""

from services.resources.api import imports, numbers, plant, reservations, things

ROUTERS = (numbers.router, plant.router, things.router, imports.router, reservations.router)

__all__ = ["ROUTERS"]
