"""Telephone numbers: numbering plan, vanity grades, search, selection."""
