"""A process of a service: its start, its loops and its end."""
