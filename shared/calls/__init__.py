"""Calls to other systems, kept as rows: claimed under a lease, within limits, until they end."""
