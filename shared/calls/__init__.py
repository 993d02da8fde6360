"""Outbound calls, stored as rows: claimed under a lease, within limits, until they end."""
