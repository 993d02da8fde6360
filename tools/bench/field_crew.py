"""The field crew of the bench: reports work orders at once; it finds them in the database.

It reports them through the API, as people do. It reads the open ones from the database, so that
the search does not count as work of the system.
"""

import asyncio
from http import HTTPStatus
from uuid import UUID

import aiohttp
import psycopg
from sqlalchemy import make_url

OPEN = "SELECT id FROM work_orders WHERE answered_at IS NULL LIMIT 200"
PAUSE_S = 0.01
AT_ONCE = 16


async def answer_work_orders(url: str, database: str, token: str, stop: asyncio.Event) -> None:
    """Report every work order as done, until `stop` is set.

    Args:
        url: the provisioning service's URL.
        database: the URL of its database.
        token: a token with the operator's role.
        stop: ends the reporting.
    """
    headers = {"Authorization": f"Bearer {token}"}
    answered: set[UUID] = set()
    dsn = make_url(database).set(drivername="postgresql").render_as_string(hide_password=False)
    async with aiohttp.ClientSession(url, headers=headers) as session:
        with psycopg.connect(dsn, autocommit=True) as connection:
            while not stop.is_set():
                found = [id_ for (id_,) in connection.execute(OPEN)]
                fresh = [each for each in found if each not in answered]
                await asyncio.gather(*(_report(session, each) for each in fresh))
                answered.update(fresh)
                await asyncio.sleep(PAUSE_S)


async def _report(session: aiohttp.ClientSession, work_order: UUID) -> None:
    path = f"/ops/v1/work-orders/{work_order}/report"
    async with session.post(path, json={"result": "done"}) as answer:
        if answer.status != HTTPStatus.OK:
            msg = f"work order {work_order}: {answer.status} {await answer.text()}"
            raise ValueError(msg)
