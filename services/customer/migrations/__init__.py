"""Migrations of the customer service's own tables."""
