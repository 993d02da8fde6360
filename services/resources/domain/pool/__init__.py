"""Pools of resources: states, levels, withdrawal."""
