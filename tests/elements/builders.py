"""Requests to the simulator for its tests."""

from typing import Any

from httpx import AsyncClient, Response

OLT = "NJ-XW-OLT01"


def a_body(
    kind: str = "add-profile", subject: str = "service-1", **parameters: str | int | bool
) -> dict[str, Any]:
    return {"kind": kind, "subject": subject, "parameters": parameters}


def path(operation_id: str = "op-1", element: str = OLT) -> str:
    return f"/elements/{element}/operations/{operation_id}"


async def put(client: AsyncClient, operation_id: str = "op-1", **body: Any) -> Response:
    return await client.put(path(operation_id), json=a_body(**body))


async def set_faults(client: AsyncClient, *faults: dict[str, Any], element: str = OLT) -> None:
    answer = await client.put(f"/elements/{element}/faults", json={"faults": list(faults)})
    assert answer.status_code == 200, answer.text


async def active(client: AsyncClient, element: str = OLT) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get(f"/elements/{element}/active")).json()["active"]
    return found


async def effects(client: AsyncClient, element: str = OLT) -> dict[str, int]:
    answer = await client.get(f"/elements/{element}/effects")
    found: dict[str, int] = answer.json()["effects"]
    return found
