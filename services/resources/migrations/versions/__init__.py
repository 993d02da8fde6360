"""Migrations of the resources service's own tables."""
