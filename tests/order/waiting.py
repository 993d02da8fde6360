"""Waiting until a transaction of the database waits for a lock."""

import asyncio
import time

from sqlalchemy import text

from shared.persistence.database import Sessions


def a_transaction_waits(sessions: Sessions) -> bool:
    """Tell whether a transaction waits for a lock."""
    with sessions() as session:
        return bool(session.scalars(text("SELECT 1 FROM pg_locks WHERE NOT granted")).first())


async def until_a_transaction_waits(sessions: Sessions) -> None:
    """Wait until a transaction waits for a lock."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if a_transaction_waits(sessions):
            return
        await asyncio.sleep(0.01)
    msg = "no transaction waits for a lock"
    raise AssertionError(msg)
