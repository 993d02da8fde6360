"""`kaitong order`: placing and following product orders."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import typer
from rich.table import Table

from services.console.client import Client, connect, running
from services.console.exits import NO, UNAVAILABLE, CommandError, stderr, stdout
from services.console.journey import journey_of, timeline

ORDERS = "/tmf-api/productOrderingManagement/v4/productOrder"
ENDED = frozenset({"completed", "failed", "rejected", "cancelled", "partial"})
GOOD = frozenset({"acknowledged", "inProgress", "pending", "held", "completed"})
BEAT_S = 0.3


def submit_files(files: Sequence[Path], *, json: bool) -> None:
    """Post each file; end with 1 if one is refused.

    Raises:
        CommandError: if the service cannot answer; what follows is not posted.
    """
    client = connect("crm")
    refused = [file for file in files if not submit(client, file, json=json)]
    if refused:
        raise typer.Exit(NO)


def submit(client: Client, file: Path, *, json: bool) -> bool:
    """Post one file and print what came of it; tell whether the order was accepted.

    Raises:
        CommandError: if the service cannot answer.
    """
    try:
        answer = client.post("order", ORDERS, read(file))
    except CommandError as error:
        if error.code == UNAVAILABLE:
            raise
        stderr.print(f"{file}: {error}", markup=False)
        if json:
            print_json({"file": str(file), "problem": error.problem})
        return False
    if json:
        print_json(answer)
    else:
        stdout.print(f"{file}: {answer['id']} {answer['state']}", markup=False)
    return True


def read(file: Path) -> Any:  # noqa: ANN401  any JSON document
    """Return what a file, or standard input, holds.

    Raises:
        CommandError: if it cannot be read, or is no JSON.
    """
    try:
        content = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        return msgspec.json.decode(content)
    except OSError as error:
        msg = f"it cannot be read: {error.strerror}"
        raise CommandError(msg) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        msg = f"it is no JSON: {error}"
        raise CommandError(msg) from error


def show_order(order_id: str, *, follow: bool, json: bool) -> None:
    """Show one order; end with 1 if it came to no good end."""
    found = running()
    crm, operator = connect("admin", found), connect("ops", found)
    order = crm.get("order", f"{ORDERS}/{order_id}")
    while follow and order["state"] not in ENDED:
        time.sleep(BEAT_S)
        order = crm.get("order", f"{ORDERS}/{order_id}")
    if json:
        print_json(order)
    else:
        draw(order, operator)
    if order["state"] not in GOOD:
        raise typer.Exit(NO)


def draw(order: dict[str, Any], operator: Client) -> None:
    """Draw an order and its journey."""
    stdout.print(f"[bold]{order['id']}[/] {order['state']} {order.get('externalId', '')}")
    for item in order["productOrderItem"]:
        offering = item.get("productOffering", {}).get("id", "")
        stdout.print(f"  {item['id']} {item['action']} {offering} {item.get('state', '')}")
    stdout.print(timeline(journey_of(operator, order["id"])))


def list_orders(state: str, limit: int, *, json: bool) -> None:
    """List orders, the latest first."""
    query = {"state": state} if state else {}
    found = connect("admin").get("order", ORDERS, limit=limit, **query)
    if json:
        print_json(found)
        return
    table = Table("id", "externalId", "state", "ordered", box=None)
    for order in found:
        words = (order.get(name, "") for name in ("id", "externalId", "state", "orderDate"))
        table.add_row(*words)
    stdout.print(table)


def print_json(value: Any) -> None:  # noqa: ANN401  any JSON document
    """Print a document to standard output."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value)).decode() + "\n")
