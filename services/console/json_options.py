"""The options of commands for results as JSON."""

from pathlib import Path
from typing import Annotated

import typer

from services.console.output_file_option import prepare_output_file

JsonFile = Annotated[
    Path | None,
    typer.Option(
        "--json",
        metavar="FILE",
        callback=prepare_output_file,
        help="Write the result to FILE, as JSON; missing folders are created.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON to standard output.")]
