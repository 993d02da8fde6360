"""Errors of starting Kaitong on a machine."""


class StartError(Exception):
    """A process cannot start. The text is one line that ends with the remedy."""


def last_output_line(output: str) -> str:
    """Return the last non-empty line of a program's output."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else "no output"
