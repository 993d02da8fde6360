"""Recovery of a database that was set back: restored from a backup, or a replica that lagged.

A service that finds messages of its own on Kafka that its database does not have, or whose
consumer group is ahead of its database, has lost what it did in between. Before it consumes,
publishes, assigns or calls anything again, it takes over what it has told (`takeover`), and
then reads once more what the others have told it, causes first (`replay`). What nobody but a
person can decide is parked with its reason. docs/restore.md says how one restores.
"""
