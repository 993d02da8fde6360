"""Rows to import, with defaults that a test may override, and a client that sends them."""

from typing import Any

from httpx import AsyncClient, Response
from sqlalchemy import func, select

from services.resources.tables import NumberRow, PoolItemRow
from shared.persistence.database import Sessions

EXCHANGE = {"id": "X", "name": "Nanjing Xuanwu", "local_network": "025"}
SEGMENT = {
    "id": "seg",
    "exchange": "X",
    "local_network": "025",
    "first": "+862580000000",
    "count": 2000,
}
SPLITTER = {
    "id": "S",
    "exchange": "X",
    "olt": "X-OLT1",
    "pon_port": "0/1/3",
    "legs": 4,
    "svlan": 101,
    "first_cvlan": 201,
}
ADDRESS = {
    "id": "addr-1",
    "text": "人民路1号",
    "exchange": "X",
    "local_network": "025",
    "splitter": "S",
}
PAIRS = {"exchange": "X", "first": 1, "count": 10}


def import_counts(
    made: int = 0, changed: int = 0, unchanged: int = 0, things: int = 0
) -> dict[str, int]:
    """Return the answer of an import."""
    rows = made + changed + unchanged
    counts = {"made": made, "changed": changed, "unchanged": unchanged, "things": things}
    return {"rows": rows, **counts}


class ImportClient:
    """Sends imports."""

    def __init__(self, client: AsyncClient, headers: dict[str, str]) -> None:
        self._client = client
        self._headers = headers

    async def send(self, kind: str, *rows: Any) -> Response:
        """Send rows as an array."""
        path = f"/ops/v1/import/{kind}"
        return await self._client.post(path, json=list(rows), headers=self._headers)

    async def send_text(self, kind: str, body: str, media_type: str) -> Response:
        """Send a body unchanged."""
        headers = {**self._headers, "Content-Type": media_type}
        return await self._client.post(
            f"/ops/v1/import/{kind}", content=body.encode(), headers=headers
        )

    async def faults(self, kind: str, *rows: Any) -> list[tuple[str, str]]:
        """Return field and code of each fault that an import has."""
        answer = await self.send(kind, *rows)
        assert answer.status_code == 400, answer.text
        return [(each["field"], each["code"]) for each in answer.json()["errors"]]


def count_rows(sessions: Sessions, table: type[NumberRow] | type[PoolItemRow]) -> int:
    with sessions() as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def count_items(sessions: Sessions, kind: str) -> int:
    """Return how many items of a kind there are."""
    query = select(func.count()).select_from(PoolItemRow).where(PoolItemRow.kind == kind)
    with sessions() as session:
        return session.scalars(query).one()
