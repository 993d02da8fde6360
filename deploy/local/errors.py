"""What can keep a machine from running Kaitong."""


class StartError(Exception):
    """Something cannot start here. The text is one line that ends with the remedy."""
