"""Who calls: roles, bearer tokens, and keys for development."""
