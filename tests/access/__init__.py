"""Who may call what, and sees whose data: every route of every service, held against one table."""
