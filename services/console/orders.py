"""`kaitong order`: place and follow product orders."""

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID

import typer

from services.console.client import Client, connect, running_stack
from services.console.errors import FAILURE, INTERRUPTED, UNAVAILABLE, CommandError
from services.console.follow import FollowState, print_changes
from services.console.journey import journey_of, print_journey
from services.console.output import (
    Styled,
    print_command_message,
    print_json,
    print_line,
    print_row,
    print_table,
    print_to_stderr,
)
from shared.errors import InvalidError
from shared.input.json_text import read_json

ORDERS = "/tmf-api/productOrderingManagement/v4/productOrder"
FINAL_STATES = frozenset({"completed", "failed", "rejected", "cancelled", "partial"})
STATES_WITHOUT_FAILURE = frozenset({"acknowledged", "inProgress", "pending", "held", "completed"})
PAUSE_S = 0.3
REPLAYED_HEADER = "idempotent-replayed"
"""The header of a response that repeats the first one."""

Order: TypeAlias = dict[str, Any]


def submit_files(files: Sequence[Path], *, json: bool) -> None:
    """Post each file; exit with 1 if any is refused.

    Raises:
        CommandError: the service cannot answer; the remaining files are not posted.
    """
    client = connect("crm")
    refused = [file for file in files if not submit_file(client, file, json=json)]
    if refused:
        raise typer.Exit(FAILURE)


def submit_file(client: Client, file: Path, *, json: bool) -> bool:
    """Post one file and print the result; return whether the order was accepted.

    Raises:
        CommandError: the service cannot answer.
    """
    try:
        order, is_known = post_order(client, read_json_file(file))
    except CommandError as error:
        if error.code == UNAVAILABLE:
            raise
        for line in error.lines:
            print_to_stderr(f"{file}: {line}")
        if json:
            print_json({"file": str(file), "problem": error.problem})
        return False
    if json:
        print_json(order)
    else:
        state = f"known already: {order['state']}" if is_known else order["state"]
        print_line(f"{file}: {order['id']} {state}")
    return True


def post_order(client: Client, body: object) -> tuple[Order, bool]:
    """Post an order; return it, and whether it was known already: then in its current state.

    Raises:
        CommandError: the order is refused, or the service cannot answer.
    """
    response = client.send("order", "POST", ORDERS, json=body)
    order = response.json()
    is_known = REPLAYED_HEADER in response.headers
    return (client.get("order", f"{ORDERS}/{order['id']}") if is_known else order), is_known


def read_json_file(file: Path) -> Any:  # noqa: ANN401  any JSON document
    """Return the JSON document in a file, or on standard input.

    Raises:
        CommandError: it cannot be read, or is not valid, unambiguous JSON.
    """
    try:
        return read_json(sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes())
    except OSError as error:
        msg = f"it cannot be read: {error.strerror}"
        raise CommandError(msg, remedy="name a file that is there, or - for stdin") from error
    except InvalidError as error:
        (fault,) = error.faults
        reason = f"{fault.field}: {fault.reason}" if fault.field else fault.reason
        raise CommandError(reason, remedy=fault.remedy) from error


def show_order(order_id: str, *, follow: bool, json: bool) -> None:
    """Show one order, or follow it to its end; exit with 1 if it ended without success.

    Raises:
        Exit: with 1, or with 130 if the user interrupts.
    """
    found = running_stack()
    crm, operator = connect("admin", found), connect("ops", found)
    get_order = partial(crm.get, "order", f"{ORDERS}/{resolve_order_id(crm, order_id)}")
    show = (lambda _: None) if json else partial(print_changes, FollowState(), operator)
    order = follow_order(get_order, show) if follow else get_order()
    if json:
        print_json(order)
    else:
        print_order(order)
        if not follow:
            print_journey(journey_of(operator, order["id"]))
    if order["state"] not in STATES_WITHOUT_FAILURE:
        raise typer.Exit(FAILURE)


def resolve_order_id(client: Client, name: str) -> str:
    """Return the id of the order with this id or externalId.

    Raises:
        CommandError: there is none, or several clients have an order with this externalId.
    """
    with suppress(ValueError):
        return str(UUID(name))
    found = [each["id"] for each in client.get("order", ORDERS, externalId=name, fields="id")]
    if len(found) == 1:
        return str(found[0])
    if found:
        msg = f"{len(found)} orders have the externalId {name}"
        raise CommandError(msg, remedy=f"name one by its id: {', '.join(found)}")
    msg = f"no order has the id or the externalId {name}"
    raise CommandError(msg, remedy="see `kaitong order list`")


def follow_order(get_order: Callable[[], Order], show: Callable[[Order], None]) -> Order:
    """Poll an order until it has ended, and show it each time; return it.

    Raises:
        Exit: with 130, if the user interrupts.
    """
    try:
        while True:
            order = get_order()
            show(order)
            if order["state"] in FINAL_STATES:
                return order
            time.sleep(PAUSE_S)
    except KeyboardInterrupt:
        print_command_message("stopped following; the order continues")
        raise typer.Exit(INTERRUPTED) from None


def print_order(order: Order) -> None:
    """Print an order and its items."""
    print_row((Styled(order["id"], "bold"), order["state"], order.get("externalId", "")))
    for item in order["productOrderItem"]:
        offering = item.get("productOffering", {}).get("id", "")
        print_row((item["id"], item["action"], offering, item.get("state", "")))


def list_orders(state: str, limit: int, *, json: bool) -> None:
    """List orders, the latest first."""
    query = {"state": state} if state else {}
    found = connect("admin").get("order", ORDERS, limit=limit, **query)
    if json:
        print_json(found)
        return
    names = ("id", "externalId", "state", "orderDate")
    rows = [[order.get(name, "") for name in names] for order in found]
    print_table(("id", "externalId", "state", "ordered"), rows)
