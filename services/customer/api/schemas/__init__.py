"""Bodies of requests: their form."""
