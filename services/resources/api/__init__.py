"""The HTTP API of the resources service."""

from services.resources.api import imports, numbers, plant

ROUTERS = (numbers.router, plant.router, imports.router)

__all__ = ["ROUTERS"]
