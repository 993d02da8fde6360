"""Logs, metrics and the list of what can be wrong with a running system."""
