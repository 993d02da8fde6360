"""Run the order service: `python -m services.order api|worker|all`."""

from shared.runtime.loading import loading

with loading(without="rich"):
    from services.order.app import SERVICE
    from shared.runtime.run import run

if __name__ == "__main__":
    run(SERVICE)
