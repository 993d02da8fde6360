"""All that every service loads sooner or later: for the template that forks them.

Loaded here it is loaded once, and its memory is shared. What a service loads later, when it joins
its group or looks at its topics, each process would load for itself.
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
"""What is not loaded with `shared.runtime.run`."""

with fast_imports(without="rich"):
    for _module in ("shared.runtime.run", *LATE_MODULES):
        import_module(_module)
