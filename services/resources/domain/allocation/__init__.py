"""Allocation (配线配号): what orders require, what they get, keep and give back."""
