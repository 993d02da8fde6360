"""The kernel: the code that all services share."""
