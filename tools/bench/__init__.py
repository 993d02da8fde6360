"""Measures rates, latencies, CPU and memory of the whole stack."""
