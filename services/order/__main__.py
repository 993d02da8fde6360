"""Run the order service: `python -m services.order api|worker|all`."""

from shared.loading import loading

with loading(without="rich"):
    from services.order.app import SERVICE
    from shared.run import run

if __name__ == "__main__":
    run(SERVICE)
