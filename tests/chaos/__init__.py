"""What must hold when processes are killed, databases restored and disks full."""
