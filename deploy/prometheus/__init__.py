"""Prometheus alert rules, one for each kind of trouble."""
