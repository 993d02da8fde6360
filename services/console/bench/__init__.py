"""Measuring: rates, times, CPU and memory of the whole stack, by anybody, again and again."""
