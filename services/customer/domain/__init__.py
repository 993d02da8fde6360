"""Parties, accounts, and the unified view that is built of messages. Pure."""
