"""The option by which a command prints JSON."""

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON to standard output.")]
