"""Schemas: what comes in. One module for each resource."""
