"""Kaitong watched by Prometheus: an alert for each kind of trouble."""
