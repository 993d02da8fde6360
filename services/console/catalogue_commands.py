"""The commands about the catalogue and the blueprints, and their options.

Commands are imported when they are called, so that `--help` is fast.
"""

from pathlib import Path
from typing import Annotated

import typer

from services.console.json_options import Json
from services.console.output_file_option import prepare_output_file

catalogue = typer.Typer(
    help="Check the product catalogue, and publish to it.",
    epilog="Example: kaitong catalogue check",
    no_args_is_help=True,
)
blueprint = typer.Typer(
    help="Look at the blueprints, by which orders are carried out.",
    epilog="Example: kaitong blueprint draw ftth/new",
    no_args_is_help=True,
)


@catalogue.command(epilog="Example: kaitong catalogue check")
def check(*, json: Json = False) -> None:
    """List offerings that cannot be delivered or disconnected; exit 1 if there are any."""
    from services.console.catalogue import check_catalogue  # noqa: PLC0415

    check_catalogue(json=json)


@catalogue.command(epilog="Example: kaitong catalogue plan examples/new-line")
def plan(path: Path, *, json: Json = False) -> None:
    """Show what the publication of a file or folder would change, and change nothing."""
    from services.console.publications import plan_publication  # noqa: PLC0415

    plan_publication(path, as_json=json)


@catalogue.command(epilog="Example: kaitong catalogue apply examples/new-line")
def apply(path: Path, *, json: Json = False) -> None:
    """Publish a file or folder: kinds of resources, items, blueprints and catalogue entries."""
    from services.console.publications import apply_publication  # noqa: PLC0415

    apply_publication(path, as_json=json)


@blueprint.command(epilog="Example: kaitong blueprint draw ftth/new")
def draw(
    name: Annotated[str, typer.Argument(help="Specification and business action.")],
    svg: Annotated[
        Path | None,
        typer.Option(callback=prepare_output_file, help="Write a drawing to this file instead."),
    ] = None,
) -> None:
    """Show the steps of a blueprint as a Mermaid chart, or draw them as SVG."""
    from services.console.blueprints import draw_blueprint  # noqa: PLC0415

    draw_blueprint(name, svg)
