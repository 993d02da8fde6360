"""What can keep a machine from running Kaitong."""


class StartError(Exception):
    """Something cannot start here. The text is one line that ends with the remedy."""


def last_output_line(said: str) -> str:
    """Return the last line of what a program said that says something."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
