"""Recovery of a database that was restored from a backup, or replaced by a replica that lagged.

A service that finds messages of its own on Kafka that its database does not have, or whose
consumer group is ahead of its database, has lost data. Before it consumes, publishes, assigns or
calls anything again, it takes over its own published messages (`takeover`), and then consumes
those of other services again, causes first (`replay`). What only a person can decide becomes a
dead letter with its reason. docs/restore.md describes how to restore.
"""
