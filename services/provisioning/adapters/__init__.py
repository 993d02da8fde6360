"""Adapters of network elements, one module per protocol."""
