"""Run the resources service: `python -m services.resources api|worker|all`."""

from shared.runtime.import_tuning import fast_imports

with fast_imports(without="rich"):
    from services.resources.app import SERVICE
    from shared.runtime.run import run

if __name__ == "__main__":
    run(SERVICE)
