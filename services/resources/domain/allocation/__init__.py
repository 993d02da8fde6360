"""Allocation (配线配号): what orders require, what they are assigned, keep and release."""
