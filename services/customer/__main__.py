"""Run the customer service: `python -m services.customer api|worker|all`."""

from shared.loading import loading

with loading(without="rich"):
    from services.customer.app import SERVICE
    from shared.run import run

if __name__ == "__main__":
    run(SERVICE)
