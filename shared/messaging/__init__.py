"""Messages in and out: the outbox and its publisher, the inbox and its dispatcher, dead letters."""
