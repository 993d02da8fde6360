"""Commands of the API: load, decide, store, publish."""
