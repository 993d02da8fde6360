"""Commands of the API and start tasks: load, decide, store, publish."""
