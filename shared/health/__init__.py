"""Troubles of a process, collected from its database, Kafka and calls."""
