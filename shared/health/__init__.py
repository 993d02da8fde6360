"""What is wrong with a process, gathered from its database, Kafka and calls."""
