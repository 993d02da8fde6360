"""The command line: its commands and their options.

Commands are imported when they are called, so that `--help` is fast.
"""

from pathlib import Path
from typing import Annotated

import typer

from services.console.billing import billing
from services.console.catalogue_commands import blueprint, catalogue
from services.console.errors import EXIT_CODES_HELP
from services.console.json_options import Json, JsonFile
from services.console.output import print_line
from shared.version import VERSION

app = typer.Typer(
    name="kaitong",
    help="Kaitong (开通) carries a telecom order from the CRM to a working service.",
    epilog=f"Example: kaitong demo\n\nExit codes: {EXIT_CODES_HELP}",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: no boxes, nothing read as markup
)
order = typer.Typer(
    help="Place and follow product orders (TMF622).",
    epilog="Example: kaitong order list --state failed",
    no_args_is_help=True,
)
numbers = typer.Typer(
    help="Search for phone numbers.",
    epilog="Example: kaitong numbers search '*888'",
    no_args_is_help=True,
)
app.add_typer(order, name="order")
app.add_typer(numbers, name="numbers")
app.add_typer(catalogue, name="catalogue")
app.add_typer(blueprint, name="blueprint")
app.add_typer(billing, name="billing")


def print_version(is_wanted: bool) -> None:  # noqa: FBT001  as Typer calls it
    """Print the version and end, if it is asked for."""
    if is_wanted:
        print_line(f"kaitong {VERSION}")
        raise typer.Exit


@app.callback()
def kaitong(
    *,
    _: Annotated[
        bool,
        typer.Option(
            "--version", callback=print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Carry a telecom order from the CRM to a working service."""


@app.command(epilog="Example: kaitong demo --orders 200 --keep")
def demo(
    order_count: Annotated[
        int | None,
        typer.Option(
            "--orders",
            min=12,
            max=5000,
            help="How many orders to post. Default: the 500 of a day, or those of the part.",
        ),
    ] = None,
    number_count: Annotated[
        int,
        typer.Option(
            "--numbers",
            min=2_000,
            max=1_000_000,
            help="How many phone numbers the province has, at least 40 for each order. Addresses"
            " and copper pairs are in proportion.",
        ),
    ] = 200_000,
    part: Annotated[
        str,
        typer.Option(
            help="Only this part of the day, with the new products that it refers to: new, "
            "changes, disconnections, faults, refusals or repetitions.",
        ),
    ] = "",
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything running.")] = False,
    json_file: JsonFile = None,
) -> None:
    """Start everything, load Jiangsu, post orders, check that nothing was lost.

    Everything is stopped and deleted at the end, unless --keep.
    """
    from tools.demo.run import run_demo  # noqa: PLC0415

    run_demo(part, order_count, number_count, keep=keep, json_file=json_file)


@app.command(epilog="Example: kaitong up")
def up() -> None:
    """Start everything in the background, and return when it is ready."""
    from services.console.lifecycle import up as start  # noqa: PLC0415

    start()


@app.command(epilog="Example: kaitong down --purge")
def down(
    *, purge: Annotated[bool, typer.Option("--purge", help="Delete all data as well.")] = False
) -> None:
    """Stop everything; all data is kept, unless --purge deletes it."""
    from services.console.lifecycle import down as stop  # noqa: PLC0415

    stop(purge=purge)


@app.command(epilog="Example: kaitong status --json status.json")
def status(json_file: JsonFile = None) -> None:
    """Show processes, backlogs and parked messages; exit 1 if something is wrong."""
    from services.console.status import show_status  # noqa: PLC0415

    show_status(json_file)


@app.command(epilog="Example: kaitong token crm --client web-shop --person li-na --hours 8")
def token(  # noqa: PLR0913  each is an option
    role: Annotated[
        str,
        typer.Argument(
            help="crm, billing, crew, operator, supervisor, network, product, agent, analyst, "
            "auditor, viewer or admin."
        ),
    ],
    *,
    person: Annotated[str, typer.Option(help="The person or program that acts.")] = "",
    client: Annotated[str, typer.Option(help="The API client that is used.")] = "",
    area: Annotated[
        list[str] | None,
        typer.Option(
            help="For a crew: a local network or district; may be repeated. Default: all areas."
        ),
    ] = None,
    tenant: Annotated[str, typer.Option(help="The tenant whose data it may access.")] = "jiangsu",
    hours: Annotated[float, typer.Option(min=0.01, max=24 * 365, help="Hours it is valid.")] = 12,
) -> None:
    """Print a bearer token for development, for a role."""
    from datetime import timedelta  # noqa: PLC0415

    from services.console.client import token_for  # noqa: PLC0415

    made = token_for(
        role,
        client=client,
        person=person,
        areas=area or None,
        tenant=tenant,
        lifetime=timedelta(hours=hours),
    )
    print_line(made)


@app.command(epilog="Example: kaitong bench --rounds 3 --case reference --json bench.json")
def bench(  # noqa: PLR0913  each is an option
    rounds: Annotated[int, typer.Option(min=1, max=20, help="How often each case runs.")] = 3,
    case: Annotated[list[str] | None, typer.Option(help="Only this case; may be repeated.")] = None,
    *,
    orders: Annotated[int, typer.Option(min=100, max=50_000, help="Orders a round.")] = 3000,
    per_second: Annotated[
        float, typer.Option(min=1, help="Orders a second of `steady` and `wave_paced`.")
    ] = 40,
    suspends: Annotated[
        int, typer.Option(min=1, max=50_000, help="Products that a wave suspends.")
    ] = 10_000,
    json_file: JsonFile = None,
) -> None:
    """Measure rates, times, CPU and memory on this machine, and check the orders' results."""
    from tools.bench.run import BenchSize, run_bench  # noqa: PLC0415

    run_bench(BenchSize(rounds, orders, per_second, suspends), case or [], json_file)


@app.command(epilog="Example: kaitong test --only tests/order")
def test(
    only: Annotated[list[str] | None, typer.Option(help="Only these tests; no checks.")] = None,
    json_file: JsonFile = None,
) -> None:
    """Check and test the code, as continuous integration does."""
    from services.console.testing import run_tests  # noqa: PLC0415

    run_tests(only or [], json_file)


@order.command(epilog="Example: kaitong order submit examples/ftth-new.json")
def submit(
    files: Annotated[list[Path], typer.Argument(help="TMF622 product orders; - for stdin.")],
    *,
    json: Json = False,
) -> None:
    """Post product orders; exit 1 if any is refused.

    With --json it prints one object for each file: the order, or the file and its problem.
    """
    from services.console.orders import submit_files  # noqa: PLC0415

    submit_files(files, json=json)


@order.command(epilog="Example: kaitong order show DEMO-00001 --follow")
def show(
    order_id: Annotated[str, typer.Argument(metavar="ID", help="The order's id or externalId.")],
    *,
    follow: Annotated[bool, typer.Option("--follow", help="Follow it until it ends.")] = False,
    json: Json = False,
) -> None:
    """Show an order and its journey; exit 1 if it failed or was rejected."""
    from services.console.orders import show_order  # noqa: PLC0415

    show_order(order_id, follow=follow, json=json)


@order.command("list", epilog="Example: kaitong order list --state failed --limit 50")
def list_(
    state: Annotated[str, typer.Option(help="Only orders in this state.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100)] = 20,
    *,
    json: Json = False,
) -> None:
    """List orders, the latest first."""
    from services.console.orders import list_orders  # noqa: PLC0415

    list_orders(state, limit, json=json)


@numbers.command(epilog="Example: kaitong numbers search '*888' --exchange NJ-XW")
def search(
    pattern: Annotated[
        str, typer.Argument(help="+8625* begins, *888 ends; *66* contains, within one --exchange.")
    ] = "",
    grade: Annotated[str, typer.Option(help="Only this vanity grade.")] = "",
    exchange: Annotated[str, typer.Option(help="Only this exchange.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100)] = 20,
    *,
    json: Json = False,
) -> None:
    """Find idle numbers that a customer can pick."""
    from services.console.numbers import search_numbers  # noqa: PLC0415

    search_numbers(pattern, grade, exchange, limit, json=json)
