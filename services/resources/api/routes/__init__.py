"""HTTP routes, one module for each resource.

kinds         kinds of resources, and their publication
numbers       the search for numbers, and the selection of one for some minutes
pools         pools, and how much of them is free
holdings      the resources that an order or a service holds
addresses     addresses, and the plant that serves them
pool_items    single resources of a pool, their withdrawal and restoring
imports       imports of numbers and plant
reservations  old reservations, and their release

plant_names checks the filters of lists by names of the plant.
"""

from services.resources.api.routes import (
    addresses,
    holdings,
    imports,
    kinds,
    numbers,
    pool_items,
    pools,
    reservations,
)

ROUTERS = (
    numbers.router,
    kinds.router,
    pools.router,
    holdings.router,
    addresses.router,
    pool_items.router,
    imports.router,
    reservations.router,
)

__all__ = ["ROUTERS"]
