"""Settings of an installation, read from the environment and checked."""
