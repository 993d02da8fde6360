"""The HTTP API of the resources service."""

from services.resources.api import imports, numbers, plant, things

ROUTERS = (numbers.router, plant.router, things.router, imports.router)

__all__ = ["ROUTERS"]
