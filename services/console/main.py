"""Run the command line: its exit codes, and its errors as lines for people."""

import sys
from contextlib import suppress
from pathlib import Path

import typer
from pydantic import ValidationError

from services.console.cli import app
from services.console.errors import INTERRUPTED, UNAVAILABLE, USAGE, CommandError, with_remedy
from services.console.output import flush, print_command_message, print_to_stderr, set_up_streams
from shared.input.fault_texts import pydantic_fault_text


def main() -> None:
    """Run the command line; exit with its exit code."""
    set_up_streams()
    code = run()
    flush()
    sys.exit(code)


def run() -> int:
    """Run the command line; return its exit code. Print the reason if it is not 0."""
    try:
        return int(app(prog_name="kaitong", standalone_mode=False) or 0)
    except typer.TyperException as error:
        print_usage_error(error)
        return USAGE
    except typer.Abort:
        return INTERRUPTED
    except CommandError as error:
        for line in error.lines:
            print_command_message(line)
        return error.code
    except OSError as error:
        if not error.filename:
            raise
        reason = f"{error.filename} (owner {owner_of(Path(error.filename))}): {error.strerror}"
        remedy = "run this as its owner, or name another folder in KAITONG_HOME"
        print_command_message(with_remedy(reason, remedy))
        return UNAVAILABLE


def print_usage_error(error: typer.TyperException) -> None:
    """Print a usage error in one line, or the help if the error is the help text."""
    context = getattr(error, "ctx", None)
    message = error.format_message()
    if context and message == context.get_help():
        for line in message.splitlines():
            print_to_stderr(line)
        return
    command = context.command_path if context else "kaitong"
    print_command_message(
        option_fault(error) or with_remedy(message.rstrip("."), f"see `{command} --help`")
    )


def option_fault(error: typer.TyperException) -> str:
    """Return the fault of an option's value; empty if the error has another cause."""
    cause, parameter = error.__cause__, getattr(error, "param", None)
    if not isinstance(cause, ValidationError) or parameter is None:
        return ""
    reason, remedy = pydantic_fault_text(dict(cause.errors(include_url=False)[0]))
    return with_remedy(f"{parameter.opts[0]}: {reason}", remedy)


def owner_of(path: Path) -> str:
    """Return the owner of a file, or of the nearest folder above it that is visible."""
    for place in (path, *path.parents):
        with suppress(OSError, KeyError):
            return place.owner()
    return "unknown"
