"""Callers of the API: roles, bearer tokens, and keys for development."""
