"""Imports of all modules that every service needs, for the fork server.

Modules that are imported here are loaded once, and their memory is shared. Those that a service
imports later, when it joins its group or checks its topics, each process would load for itself.
"""

from importlib import import_module

from shared.runtime.import_tuning import fast_imports

LATE_MODULES = (
    "shared.kafka.admin",
    "faust.assignor.leader_assignor",
    "faust.tables.sets",
    "faust.topics",
    "mode.worker",
)
"""Modules that `shared.runtime.run` does not import."""

with fast_imports(without="rich"):
    for _module in ("shared.runtime.run", *LATE_MODULES):
        import_module(_module)
