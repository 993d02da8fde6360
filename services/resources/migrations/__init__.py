"""Migrations of the resources service's database, applied by shared.persistence.migrate."""
