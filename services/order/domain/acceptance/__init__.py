"""Acceptance (业务受理): from a requested order to an accepted one, or its faults."""
