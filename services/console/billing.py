"""`kaitong billing`: the reconciliation with billing."""

from pathlib import Path
from typing import Annotated

import typer

from services.console.output import print_line
from services.console.output_file_option import prepare_output_file

RECONCILIATION = "/ops/v1/billing/reconciliation"
TIMEOUT_S = 600.0
"""A day of a large province is read from the archive within it."""

billing = typer.Typer(
    help="Reconcile what was handed over to billing.",
    epilog="Example: kaitong billing reconcile --network 025",
    no_args_is_help=True,
)


@billing.command(epilog="Example: kaitong billing reconcile --network 025")
def reconcile(
    network: Annotated[str, typer.Option(help="The area code, or unknown.")],
    day: Annotated[
        str, typer.Option(help="A day that is over, as 2026-11-30. Default: yesterday.")
    ] = "",
    *,
    from_archive: Annotated[
        bool, typer.Option("--from-archive", help="Build it from the published messages alone.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(callback=prepare_output_file, help="Write it to this file instead."),
    ] = None,
) -> None:
    """Print what was handed over to billing in a local network on a day, as CSV."""
    from services.console.client import connect  # noqa: PLC0415  help is fast without it

    source = "archive" if from_archive else "table"
    query = {"localNetwork": network, "source": source} | ({"day": day} if day else {})
    client = connect("billing", timeout_s=TIMEOUT_S)
    answer = client.send("order", "GET", RECONCILIATION, params=query)
    if output:
        output.write_bytes(answer.content)
        print_line(f"{len(answer.text.splitlines())} lines: {output}")
        return
    for line in answer.text.splitlines():
        print_line(line)
