"""Prints what the modules of a service have registered: metrics, tables, routes, subscriptions."""

import sys
from importlib import import_module

import shared.runtime.preload  # noqa: F401  as in each process
from shared.observability.metrics import REGISTRY
from shared.persistence.database import metadata_of

if __name__ == "__main__":
    name = sys.argv[1]
    service = import_module(f"services.{name}.app").SERVICE
    registered = (
        (each.name for each in REGISTRY.collect()),
        metadata_of(f"services.{name}").tables,
        (str(each.path) for router in service.routers for each in router.routes),
        service.subscriptions,
    )
    for names in registered:
        print(sorted(set(names)))  # noqa: T201
