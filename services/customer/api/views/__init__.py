"""Bodies of responses, built from the domain's objects."""
