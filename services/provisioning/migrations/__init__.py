"""Migrations of the provisioning service's own tables."""
