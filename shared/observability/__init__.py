"""Logs, metrics and the list of troubles of a running system."""
