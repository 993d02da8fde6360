"""The ledger as a whole process: `python -m tests.shared.small`.

It bears no service's name: what it hears would count as told by itself.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.runtime.run import run
from shared.service import Service
from tests.shared.ledger import SUBSCRIPTIONS, PageRow


def look(session: Session) -> None:
    """Look into the database before anything is served."""
    session.execute(select(PageRow.order_id).limit(1))


SERVICE = Service("small", (), SUBSCRIPTIONS, on_start=(look,))

if __name__ == "__main__":
    run(SERVICE)
