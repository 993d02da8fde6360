"""The ledger as a whole process: `python -m tests.shared.small`."""

from shared.run import run
from shared.service import Service
from tests.shared.ledger import SUBSCRIPTIONS

SERVICE = Service("order", (), SUBSCRIPTIONS)

if __name__ == "__main__":
    run(SERVICE)
