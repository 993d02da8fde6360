"""Bodies and parameters of requests: their form."""
