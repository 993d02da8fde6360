"""Migrations of the kernel's tables, the same in every service's database."""
