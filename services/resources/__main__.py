"""Run the resources service: `python -m services.resources api|worker|all`."""

from shared.loading import loading

with loading(without="rich"):
    from services.resources.app import SERVICE
    from shared.run import run

if __name__ == "__main__":
    run(SERVICE)
