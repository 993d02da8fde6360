"""What must hold when processes are killed."""
