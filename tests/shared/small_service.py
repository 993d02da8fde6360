"""The order log as a whole process: `python -m tests.shared.small_service`.

It has the name of no real service: a service does not consume what it published itself.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.runtime.run import run
from shared.service_definition import ServiceDefinition
from tests.shared.order_log import SUBSCRIPTIONS, OrderLogRow


def read_once(session: Session) -> None:
    """Read from the database before anything is served."""
    session.execute(select(OrderLogRow.order_id).limit(1))


SERVICE = ServiceDefinition("small", (), SUBSCRIPTIONS, on_start=(read_once,))

if __name__ == "__main__":
    run(SERVICE)
