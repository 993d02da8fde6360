"""Access rules: every route of every service is compared with one table of roles and owners."""
