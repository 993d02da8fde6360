"""The kernel: what all services agree on, and nothing more."""
