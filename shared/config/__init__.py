"""What differs from one installation to the next, read from the environment and checked."""
