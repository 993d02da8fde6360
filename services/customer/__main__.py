"""Run the customer service: `python -m services.customer api|worker|all`."""

from shared.runtime.loading import loading

with loading(without="rich"):
    from services.customer.app import SERVICE
    from shared.runtime.run import run

if __name__ == "__main__":
    run(SERVICE)
